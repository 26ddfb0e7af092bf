""""""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.weeks import make_appraisal, make_figure, week
from ratchet.alerts.losses import find_course
from ratchet.alerts.measured import Family, MeasuredSignal
from ratchet.alerts.performance_signals import read_evidence, read_performance, read_slope
from ratchet.alerts.signals import judge
from ratchet.config.alerts import AlertPlan, SlowRule
from ratchet.records.alerts import AlertLevel
from ratchet.records.production import CalibrationShift, ConceptShift, Estimate
from ratchet.timeline import Window

GREEN, UNKNOWN, YELLOW, RED = AlertLevel


def read(*figures, weekly=(), plan: AlertPlan | None = None) -> dict[str, MeasuredSignal]:
    performance = make_appraisal(*figures, weekly=weekly)
    return {each.name: each for each in read_performance(plan or AlertPlan(), performance)}


def test_each_figure_is_read_by_metric_segment_and_window():
    long = make_figure(0.01, window=week(10, 4))
    part = make_figure(0.03, segment="plan = basic")
    guard = make_figure(0.04, metric="log_loss")
    found = read(make_figure(), long, guard, part, replace(part, window=week(10, 4)))
    assert list(found) == [
        "performance.roc_auc",
        "long_performance.roc_auc",
        "guard.log_loss",
        "performance.roc_auc.plan = basic",
        "long_performance.roc_auc.plan = basic",
        "sudden.roc_auc",
        "slow.roc_auc",
    ]
    assert [each.family for each in found.values()] == [Family.EVERYBODY] * 2 + [Family.PARTS] * 5


def test_a_segment_has_limits_of_its_own():
    found = read(make_figure(), make_figure(segment="plan = basic"))
    assert (found["performance.roc_auc"].yellow, found["performance.roc_auc"].red) == (0.02, 0.05)
    assert found["performance.roc_auc.plan = basic"].red == 0.1


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (make_figure(0.06), r"roc_auc is 0.846, 6 % worse \(at least 5.7 %\) than its baseline of 0.9, on 1,000 rows"),
        (make_figure(0.06, error=0.1), "6 % worse than its baseline"),
        (make_figure(-0.06), "6 % better than its baseline"),
        (make_figure(0.0004), "roc_auc is 0.8996, as good as its baseline of 0.9, on 1,000 rows"),
        (make_figure(None), "roc_auc is not known: no label has matured"),
        (make_figure(None, problem=None), "is not known: no label has matured"),
        (replace(make_figure(0.0), baseline=None, loss=None, loss_lower=None), "no stable period before"),
        (make_figure(0.06, segment="city = Oslo"), "roc_auc of city = Oslo is 0.846"),
    ],
)
def test_a_figure_is_told_in_words(figure, words):
    import re

    found = next(iter(read(figure).values()))
    assert re.search(words, found.text)


@pytest.mark.parametrize(
    "figure", [make_figure(None), make_figure(loss_lower=None), make_figure(float("nan")), make_figure(float("inf"))]
)
def test_what_is_no_number_has_no_chance(figure):
    assert read(figure)["performance.roc_auc"].p_value is None


@pytest.mark.parametrize(
    ("weekly", "now", "step"),
    [([0.0, 0.01], 0.07, 0.06), ([0.06], 0.07, 0.01), ([], 0.07, 0.07), ([0.0], None, None)],
)
def test_a_step_is_taken_from_the_stretch_before_or_the_baseline(weekly, now, step):
    found = read(make_figure(now), make_figure(0.01, segment="x"), weekly=weekly)["sudden.roc_auc"]
    assert found.value == (None if step is None else pytest.approx(step))
    assert (found.red, found.yellow) == (0.05, None)


@pytest.mark.parametrize(
    ("weekly", "text"),
    [
        (
            [-0.01],
            "roc_auc was 1 % better than its baseline in the window known before, and is 7 % worse than it now",
        ),
        ([], "roc_auc is 7 % worse than its baseline in the first window that is known"),
    ],
)
def test_a_step_is_told_from_both_its_ends(weekly, text):
    assert read(make_figure(0.07), weekly=weekly)["sudden.roc_auc"].text == text


def test_a_stretch_that_overlaps_the_window_is_not_the_one_before():
    performance = make_appraisal(make_figure(0.07), weekly=[0.0, 0.01])
    late = replace(performance.weekly[-1], window=performance.figures[0].window, value=0.5)
    performance = replace(performance, weekly=(*performance.weekly, late))
    found = {each.name: each for each in read_performance(AlertPlan(), performance)}
    assert found["sudden.roc_auc"].value == pytest.approx(0.06)


def test_rules_that_are_off_are_not_read():
    assert list(read(make_figure(), plan=AlertPlan(sudden=None, slow=None))) == ["performance.roc_auc"]


def test_without_figures_nothing_is_read():
    performance = replace(make_appraisal(), figures=())
    assert list(read_performance(AlertPlan(), performance)) == []


def slope(losses, rule=None, error=0.001):
    *weekly, now = losses
    figure = make_figure(now, error)
    course = find_course(make_appraisal(figure, make_figure(0.01, segment="x"), weekly=weekly))
    assert course is not None
    return read_slope(rule or SlowRule(), course)


@pytest.mark.parametrize(
    ("losses", "value"),
    [
        ([0.0, 0.005, 0.01, 0.015, 0.02], 0.005),
        ([0.1, 0.0, 0.005, 0.01, 0.015, 0.02], 0.005),  # only the last four weeks
        ([0.02, 0.015, 0.01, 0.005, 0.0], -0.005),
        ([0.03] * 5, 0.0),
        ([0.0, 0.005, 0.01, 0.015], None),  # three weeks
        ([0.02], None),
    ],
)
def test_the_loss_a_week_is_that_of_a_line_through_four_weeks(losses, value):
    assert slope(losses).value == (None if value is None else pytest.approx(value, abs=1e-12))


def test_a_steady_loss_is_shown_and_a_bumpy_one_is_not():
    assert slope([0.0, 0.005, 0.01, 0.015, 0.02]).p_value < 1e-6
    assert slope([0.0, 0.03, -0.02, 0.05, 0.01]).p_value > 0.2


def test_figures_of_few_rows_show_nothing():
    *weekly, now = [
        make_figure(loss, 0.02, number) for number, loss in enumerate((0.0, 0.005, 0.01, 0.015, 0.02), start=6)
    ]
    performance = replace(make_appraisal(now), weekly=tuple(weekly))
    course = find_course(performance)
    assert course is not None
    assert read_slope(SlowRule(), course).p_value > 0.1


@pytest.mark.parametrize(("level", "red"), [("red", 0.005), ("yellow", None)])
def test_how_urgent_it_is_can_be_told(level, red):
    assert slope([0.0] * 5, SlowRule(level=level)).red == red


def test_a_week_that_is_not_known_is_passed_over():
    performance = make_appraisal(make_figure(0.025), weekly=[0.0, 0.005, 0.01, 0.015, 0.02])
    weekly = list(performance.weekly)
    weekly[2] = make_figure(None, number=7)
    course = find_course(replace(performance, weekly=tuple(weekly)))
    assert course is not None
    assert read_slope(SlowRule(), course).value == pytest.approx(0.005)


def test_daily_windows_are_counted_in_weeks():
    end = make_figure().window.end
    figures = [
        make_figure(at * 0.001, window=Window(start=end - timedelta(days=30 - at), end=end - timedelta(days=29 - at)))
        for at in range(30)
    ]
    course = find_course(replace(make_appraisal(figures[-1]), weekly=tuple(figures[:-1])))
    assert course is not None
    assert read_slope(SlowRule(), course).value == pytest.approx(0.007)


def test_a_window_of_rows_stands_for_a_week():
    figures = [make_figure(at * 0.006, window=Window(start=500 * at, end=500 * (at + 1))) for at in range(5)]
    course = find_course(replace(make_appraisal(figures[-1]), weekly=tuple(figures[:-1])))
    assert course is not None
    assert read_slope(SlowRule(), course).value == pytest.approx(0.006)
    assert "gets worse by 0.6 % of its baseline a week, over 4 weeks" in read_slope(SlowRule(), course).text


def test_a_level_line_neither_loses_nor_gains():
    course = find_course(make_appraisal(make_figure(0.01), weekly=[0.01] * 6))
    assert course is not None
    assert read_slope(SlowRule(), course).text == "roc_auc gets neither worse nor better, over 4 weeks"


def read_of_evidence(*figures, **changes) -> dict[str, MeasuredSignal]:
    return {each.name: each for each in read_evidence(AlertPlan(), make_appraisal(*figures, **changes))}


def level_of(measured: MeasuredSignal) -> AlertLevel:
    return judge(measured, measured.p_value, 0.01).level


def concept(part: float | None, p_value: float | None, shifted: bool | None) -> ConceptShift:
    return ConceptShift(rows=900, data_part=0.0, concept_part=part, p_value=p_value, shifted=shifted)


@pytest.mark.parametrize(
    ("shift", "level"),
    [
        (concept(0.1, 0.001, True), YELLOW),
        (concept(0.1, 0.02, True), GREEN),  # shown by itself, not among all that was looked at
        (concept(0.1, 0.001, False), GREEN),
        (concept(-0.1, 0.001, True), GREEN),  # other outcomes that are easier
        (concept(None, None, None), UNKNOWN),
        (ConceptShift(rows=3, problem="too few labels"), UNKNOWN),
    ],
)
def test_a_concept_that_costs_is_worth_a_look(shift, level):
    assert level_of(read_of_evidence(concept=shift)["concept"]) is level


def test_a_concept_has_changed_or_not_and_no_limit_is_told():
    found = read_of_evidence(concept=concept(0.1, 0.001, True))["concept"]
    assert "limit" not in judge(found, found.p_value, 0.01).sentence


def calibration(gap: float | None, then: float | None = 0.0, reach: float = 0.01, predicted: float | None = 0.2):
    if gap is None:
        return CalibrationShift(rows=2, problem="too few labels")
    observed = None if predicted is None else predicted + gap
    bounds = {"gap_lower": gap - reach, "gap_upper": gap + reach}
    return CalibrationShift(rows=900, predicted=predicted, observed=observed, gap=gap, gap_then=then, **bounds)


@pytest.mark.parametrize(
    ("shift", "level"),
    [
        (calibration(0.06), RED),
        (calibration(-0.06), RED),
        (calibration(0.03), YELLOW),
        (calibration(0.06, then=0.05), GREEN),  # it was always off
        (calibration(0.06, then=None), RED),
        (calibration(0.06, reach=0.2), GREEN),
        (calibration(0.06, predicted=0.0), UNKNOWN),
        (calibration(None), UNKNOWN),
        (replace(calibration(0.06), gap_lower=None), UNKNOWN),
    ],
)
def test_calibration_counts_as_a_share_of_the_prediction(shift, level):
    assert level_of(read_of_evidence(calibration=shift)["calibration"]) is level


def estimate(value: float | None, confirmed: bool | None = True, error: float | None = 0.001) -> Estimate:
    return Estimate(metric="roc_auc", value=value, confirmed=confirmed, checked=5, error=error, problem="no scores")


@pytest.mark.parametrize(
    ("guess", "level"),
    [
        (estimate(0.8), YELLOW),  # a ninth below its baseline, and still no more than a look
        (estimate(0.89), GREEN),
        (estimate(0.95), GREEN),
        (estimate(0.8, confirmed=False), UNKNOWN),
        (estimate(0.8, confirmed=None), UNKNOWN),
        (estimate(0.8, error=0.2), GREEN),
        (estimate(0.8, error=None), UNKNOWN),
        (estimate(None), UNKNOWN),
    ],
)
def test_an_estimate_is_never_more_than_a_look_and_only_while_labels_bear_it_out(guess, level):
    assert level_of(read_of_evidence(make_figure(0.01), estimates=(guess,))["estimate.roc_auc"]) is level


def test_an_estimate_is_turned_as_its_metric_is():
    worse = make_figure(0.1, metric="rmse", value=1.1, baseline=1.0)
    found = read_of_evidence(worse, estimates=(replace(estimate(1.2), metric="rmse"),))["estimate.rmse"]
    assert found.value == pytest.approx(0.2)
    assert "20 % worse than its baseline" in found.text


def test_an_estimate_without_a_baseline_says_nothing():
    assert (
        read_of_evidence(make_figure(None, baseline=None), estimates=(estimate(0.8),))["estimate.roc_auc"].value is None
    )


@pytest.mark.parametrize(
    ("confirmed", "why"), [(True, "no baseline"), (False, "not confirmed"), (None, "not confirmed")]
)
def test_an_estimate_without_a_level_says_why(confirmed, why):
    figure = replace(make_figure(), baseline=None, loss=None)
    assert why in read_of_evidence(figure, estimates=(estimate(0.8, confirmed=confirmed),))["estimate.roc_auc"].text
