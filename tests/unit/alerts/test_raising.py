""""""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from builders.weeks import (
    BY_CHANCE,
    level_of,
    make_appraisal,
    make_column,
    make_drift,
    make_figure,
    make_monitored,
    make_shift,
    make_signal,
    monitor_losses,
    monitor_weeks,
    week,
)
from ratchet.alerts.raising import ADVICE, SEGMENT, advise, find_runbook, raise_alerts
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, AlertReport, SignalKind
from ratchet.records.production import CalibrationShift, ConceptShift
from ratchet.timeline import Window

GREEN, UNKNOWN, YELLOW, RED = AlertLevel
PLAN = AlertPlan()


def report(*figures, columns=(), earlier=(), number=10, **plan) -> AlertReport:
    seen = make_monitored(number)
    shift, performance = make_shift(*columns, number=number), make_appraisal(*figures, number=number)
    return raise_alerts(AlertPlan(**plan), seen, shift, performance, earlier, now=week(number).end)


@pytest.mark.parametrize(
    ("loss", "error", "level"),
    [
        (0.0, 0.002, GREEN),
        (0.019, 0.002, GREEN),
        (0.021, 0.002, YELLOW),
        (0.051, 0.002, RED),
        (0.03, 0.02, GREEN),  # chance gives as much
        (0.06, 0.04, UNKNOWN),  # a loss that may be chance, and may not
        (-0.2, 0.002, GREEN),
        (None, None, UNKNOWN),
        (0.06, None, UNKNOWN),
    ],
)
def test_a_loss_makes_the_model_red_when_it_is_large_and_shown(loss, error, level):
    assert report(make_figure(loss, error)).level is level


def test_a_segment_s_loss_must_be_larger_and_is_named():
    part = make_figure(0.12, segment="plan = basic")
    found = report(make_figure(), part)
    assert found.level is RED
    assert "roc_auc of plan = basic" in found.sentence
    assert found.incident.runbook == "segment-drop.md"
    assert report(make_figure(), make_figure(0.07, segment="plan = basic")).level is YELLOW


def test_many_segments_must_show_more_than_one():
    one = make_figure(0.2, 0.065, segment="x")
    others = [make_figure(0.0, 0.065, segment=f"y{at}") for at in range(40)]
    assert report(make_figure(), one).level is RED
    assert report(make_figure(), one, *others).level is GREEN


def test_another_metric_is_a_reason_to_look():
    assert report(make_figure(), make_figure(0.3, metric="log_loss")).level is YELLOW


def test_a_sudden_loss_is_red_below_the_red_level_and_a_slow_one_below_the_yellow():
    sudden = monitor_weeks(
        PLAN, [(make_shift(), make_appraisal(make_figure(0.03), make_figure(0.01, segment="x"), weekly=[-0.03]))]
    )
    assert level_of(sudden[0], "sudden.roc_auc") is RED
    slow = make_appraisal(
        make_figure(0.019, 0.0005), make_figure(0.01, segment="x"), weekly=[-0.005, 0.001, 0.007, 0.013]
    )
    found = monitor_weeks(PLAN, [(make_shift(), slow)])[0]
    assert (level_of(found, "performance.roc_auc"), found.level) == (GREEN, RED)
    assert "gets worse by 0.6 % of its baseline a week, over 4 weeks" in found.sentence


def test_one_loss_is_told_once_by_whichever_rules_it_shows():
    figures = (make_figure(0.08), make_figure(0.08, window=week(10, 4)))
    found = monitor_weeks(PLAN, [(make_shift(), make_appraisal(*figures, weekly=[0.0]))])[0]
    red = {each.signal.name for each in found.alerts if each.level is RED}
    assert red == {"performance.roc_auc", "long_performance.roc_auc", "sudden.roc_auc"}
    assert found.sentence.count("roc_auc") == 1
    assert [len(told) for told in (found.incident.symptoms, found.incident.signals)] == [1, 3]


def test_everybody_is_told_before_a_segment_that_lost_more():
    found = report(make_figure(0.08), make_figure(0.3, segment="x"), columns=[make_column("age", 0.9)])
    order = [each.signal.name for each in found.alerts if each.level is RED]
    assert order == ["performance.roc_auc", "sudden.roc_auc", "performance.roc_auc.x", "drift.age", "features"][:4]
    assert found.sentence.endswith("; also red: performance.roc_auc.x")  # a feature by itself makes nothing red
    assert found.incident.runbook == "performance-drop.md"


def test_green_counts_what_is_known_apart_from_what_is_not():
    found = report(make_figure()).sentence
    assert found == "green: none of 11 signals moved by more than its limit and chance; 3 more can't be told"


@pytest.mark.parametrize(("effect", "says_why"), [(0.9, True), (0.2, False)])
def test_yellow_beside_a_red_signal_says_why(effect, says_why):
    found = report(make_figure(), columns=[make_column("age", effect), make_column("city"), make_column("prediction")])
    assert found.level is YELLOW
    assert ("does not make the model red by itself" in found.sentence) is says_why


def test_a_concept_shift_with_a_loss_is_red_and_each_by_itself_is_not():
    shifted = ConceptShift(rows=900, data_part=0.0, concept_part=0.1, p_value=1e-6, shifted=True)
    levels = [
        raise_alerts(
            PLAN,
            make_monitored(),
            make_shift(),
            make_appraisal(make_figure(loss), concept=concept),
            [],
            now=week(1).end,
        ).level
        for loss, concept in (
            (0.03, shifted),
            (0.0, shifted),
            (0.03, ConceptShift(rows=900, concept_part=0.0, p_value=0.5, shifted=False)),
        )
    ]
    assert levels == [RED, YELLOW, YELLOW]


@pytest.mark.parametrize(
    ("effects", "loss", "level"),
    [
        ((0.9, 0.0, 0.0), None, YELLOW),  # one feature
        ((0.9, 0.0, 0.9), None, RED),  # and the prediction
        ((0.2, 0.2, 0.2), None, YELLOW),
        ((0.9, 0.9, 0.0), None, RED),  # most features
        ((0.9, 0.9, 0.9), 0.0, YELLOW),  # and labels say that nothing is lost
        ((0.0, 0.0, 0.9), None, YELLOW),
        ((0.0, 0.0, 0.0), None, UNKNOWN),
        ((None, None, None), 0.0, UNKNOWN),
    ],
)
def test_drift_makes_the_model_red_together_and_while_labels_do_not_refute_it(effects, loss, level):
    columns = [make_column(name, effect) for name, effect in zip(("age", "city", "prediction"), effects, strict=True)]
    assert report(make_figure(loss), columns=columns).level is level


def test_a_signal_that_is_gone_is_unknown_and_not_good():
    part = make_figure(0.2, segment="x")
    earlier = [report(make_figure(), part)]
    later = [*earlier, report(make_figure(number=11), number=11, earlier=earlier)]
    assert level_of(later[1], "performance.roc_auc.x") is RED
    assert "as was last known" in later[1].sentence
    for number in range(12, 15):
        later.append(report(make_figure(number=number), number=number, earlier=later))
    assert level_of(later[-1], "performance.roc_auc.x") is RED
    last = report(make_figure(number=15), number=15, earlier=later)
    assert level_of(last, "performance.roc_auc.x") is UNKNOWN


def test_since_when_is_the_window_in_which_the_level_was_entered():
    found = monitor_losses(PLAN, [0.0, 0.08, 0.08, 0.03])
    alerts = [next(each for each in report.alerts if each.signal.name == "performance.roc_auc") for report in found]
    assert [each.since for each in alerts] == [week(10).end, week(11).end, week(11).end, week(13).end]
    assert [each.was for each in alerts] == [None, GREEN, RED, RED]
    assert alerts[2].sentence.endswith("red since 2026-03-23")


def test_the_most_urgent_comes_first():
    found = report(make_figure(0.08), columns=[make_column("age", 0.2), make_column("city"), make_column("prediction")])
    order = [GREEN, UNKNOWN, YELLOW, RED]
    places = [order.index(each.level) for each in found.alerts]
    assert places == sorted(places, reverse=True)


def test_every_alert_says_what_to_do_and_where_it_is_written():
    columns = [make_column("age", 0.9), make_column("city", 0.2), make_column("prediction", 0.9)]
    calibration = CalibrationShift(rows=900, predicted=0.2, observed=0.4, gap=0.2, gap_lower=0.19, gap_upper=0.21)
    performance = make_appraisal(make_figure(0.08, open_share=0.9), calibration=calibration)
    found = raise_alerts(PLAN, make_monitored(rows=0), make_shift(*columns), performance, [], now=week(1).end)
    raised = [each for each in found.alerts if each.level in {RED, YELLOW}]
    assert len(raised) >= 8
    assert all(each.runbook in each.advice for each in raised)
    assert all(not each.advice for each in found.alerts if each.level is GREEN)


def test_maintenance_raises_nothing_and_is_not_green():
    lasting = [{"since": "2026-03-10T00:00:00Z", "until": "2026-03-20T00:00:00Z"}]
    found = report(make_figure(0.08), maintenance=lasting)
    assert (found.level, found.incident, found.asks_for) == (UNKNOWN, None, None)
    assert found.sentence == "maintenance until 2026-03-20: nothing is raised, though it would be red"
    assert report(make_figure(), maintenance=lasting).level is GREEN
    assert report(make_figure(0.08, number=12), number=12, maintenance=lasting).level is RED


def test_weekly_maintenance_is_told_by_the_moment_that_is_looked_from():
    lasting = [{"days": ["mon"], "start": "00:00", "end": "06:00"}]
    seen, args = make_monitored(), (make_shift(), make_appraisal(make_figure(0.08)), [])
    plan = AlertPlan.model_validate({"maintenance": lasting})
    later = replace(seen, as_of=seen.as_of + timedelta(hours=7))
    assert raise_alerts(plan, seen, *args, now=week(1).end).muted
    assert not raise_alerts(plan, later, *args, now=week(1).end).muted


def test_no_clock_is_no_reason_to_forget():
    def look(end: int, loss: float, earlier):
        window = Window(start=end - 500, end=end)
        seen = make_monitored(as_of=end, window=window, long_window=window, history=window)
        performance = make_appraisal(replace(make_figure(loss), window=window))
        return raise_alerts(PLAN, seen, make_shift(), performance, earlier, now=week(3).end)

    first = look(500, 0.08, [])
    second = look(1000, 0.045, [first, report(make_figure(0.2))])
    assert second.level is RED
    assert second.incident == first.incident
    assert "since row 500" in second.sentence


def test_only_earlier_windows_count_in_whatever_order_they_come():
    reports = monitor_losses(PLAN, [0.08, 0.045, 0.0])
    args = (make_shift(number=11), make_appraisal(make_figure(0.045, number=11)))
    again = raise_alerts(PLAN, make_monitored(11), *args, [reports[2], reports[0], reports[1]], now=week(11).end)
    assert again == reports[1]


def test_of_two_watches_of_one_moment_the_later_one_counts():
    good, bad = report(make_figure(0.0)), report(make_figure(0.08))
    assert report(make_figure(0.045, number=11), number=11, earlier=[good, bad]).level is RED
    assert report(make_figure(0.045, number=11), number=11, earlier=[bad, good]).level is YELLOW


def test_nothing_known_at_all_is_unknown():
    seen, shift = make_monitored(), make_shift(drift=make_drift(make_column("age", None), problem="no rows"))
    performance = replace(make_appraisal(), figures=(), matured_until=None, maturity=None)
    found = raise_alerts(PLAN, seen, shift, performance, [], now=week(1).end)
    assert found.level is UNKNOWN
    assert found.sentence.startswith("unknown, which is not green: ")


def test_the_first_cause_of_not_knowing_is_told_and_what_follows_is_named():
    seen, nothing = make_monitored(rows=0), make_drift(make_column("age", None), make_column("prediction", None))
    found = raise_alerts(PLAN, seen, make_shift(drift=nothing), make_appraisal(make_figure(None)), [], now=week(1).end)
    assert found.sentence == (
        "unknown, which is not green: no prediction came, for the first time; "
        "not known either: performance.roc_auc, prediction, drift.age"
    )


losses = st.one_of(st.none(), st.floats(-0.1, 0.2, allow_nan=False))
effects = st.one_of(st.none(), st.sampled_from([0.0, 0.15, 0.4]))
weeks = st.lists(st.tuples(losses, effects, effects, st.sampled_from([1e-5, BY_CHANCE])), min_size=1, max_size=8)


def play(weeks) -> list[AlertReport]:
    steps = []
    for number, (loss, age, prediction, p_value) in enumerate(weeks, start=10):
        columns = (make_column("age", age, p_value), make_column("prediction", prediction))
        steps.append(
            (make_shift(*columns, number=number), make_appraisal(make_figure(loss, number=number), number=number))
        )
    return monitor_weeks(PLAN, steps)


@settings(max_examples=30, deadline=None)
@given(weeks)
def test_whatever_comes_a_watch_is_the_same_again_and_travels_as_json(weeks):
    first = play(weeks)
    assert play(weeks) == first
    adapter = TypeAdapter(AlertReport)
    assert [adapter.validate_json(adapter.dump_json(each)) for each in first] == first


@settings(max_examples=30, deadline=None)
@given(weeks)
def test_whatever_comes_red_has_an_incident_and_a_retrain_is_asked_for_only_then(weeks):
    for found in play(weeks):
        if found.level is RED:
            assert found.incident is not None
            assert found.incident.closed is None
        if found.asks_for is not None:
            assert found.level is RED
        if found.level is GREEN:
            assert all(each.level in {GREEN, UNKNOWN} for each in found.alerts)


@pytest.mark.parametrize(
    ("name", "segment", "runbook"),
    [
        ("performance.roc_auc", None, "performance-drop.md"),
        ("long_performance.roc_auc", None, "performance-drop.md"),
        ("guard.log_loss", None, "performance-drop.md"),
        ("sudden.roc_auc", None, "performance-drop.md"),
        ("slow.roc_auc", None, "performance-drop.md"),
        ("performance.roc_auc.x", "x", "segment-drop.md"),
        ("concept", None, "concept-drift.md"),
        ("calibration", None, "calibration-drift.md"),
        ("prediction", None, "prediction-drift.md"),
        ("estimate.roc_auc", None, "prediction-drift.md"),
        ("drift.age", None, "data-drift.md"),
        ("separation", None, "data-drift.md"),
        ("features", None, "data-drift.md"),
        ("label", None, "data-drift.md"),
        ("data.rows", None, "no-data.md"),
        ("data.labels", None, "labels-missing.md"),
    ],
)
def test_every_signal_has_its_runbook(name, segment, runbook):
    signal = make_signal(name=name, segment=segment)
    assert find_runbook(signal) == runbook
    assert advise(signal, AlertLevel.RED).endswith(f"(docs/runbooks/{runbook})")


@pytest.mark.parametrize(
    ("kind", "runbook"),
    [
        (SignalKind.DRIFT, "data-drift.md"),
        (SignalKind.PREDICTION, "data-drift.md"),
        (SignalKind.CONCEPT, "concept-drift.md"),
        (SignalKind.PERFORMANCE, "performance-drop.md"),
    ],
)
def test_a_composite_in_which_labels_speak_needs_what_a_loss_needs(kind, runbook):
    assert find_runbook(make_signal(name="composite.mine", kind=kind)) == runbook


def test_every_runbook_is_there_and_none_is_left_over(repository):
    named = {runbook for _, runbook, _ in ADVICE} | {SEGMENT[0]}
    assert {path.name for path in (repository / "docs" / "runbooks").glob("*.md")} == named


def test_green_needs_no_advice_and_unknown_is_not_good_news():
    assert advise(make_signal(), AlertLevel.GREEN) == ""
    assert "not good news" in advise(make_signal(), AlertLevel.UNKNOWN)
    assert "no-data.md" in advise(make_signal(name="data.rows"), AlertLevel.UNKNOWN)
