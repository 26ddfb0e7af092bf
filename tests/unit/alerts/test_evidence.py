from dataclasses import replace

import pytest

from builders.weeks import make_appraisal, make_figure
from ratchet.alerts.evidence import read_evidence
from ratchet.alerts.measured import MeasuredSignal
from ratchet.alerts.signals import judge
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel
from ratchet.records.production import CalibrationShift, ConceptShift, Estimate

GREEN, UNKNOWN, YELLOW, RED = AlertLevel


def read(*figures, **changes) -> dict[str, MeasuredSignal]:
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
    assert level_of(read(concept=shift)["concept"]) is level


def test_a_concept_has_changed_or_not_and_no_limit_is_told():
    found = read(concept=concept(0.1, 0.001, True))["concept"]
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
    assert level_of(read(calibration=shift)["calibration"]) is level


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
    assert level_of(read(make_figure(0.01), estimates=(guess,))["estimate.roc_auc"]) is level


def test_an_estimate_is_turned_as_its_metric_is():
    worse = make_figure(0.1, metric="rmse", value=1.1, baseline=1.0)
    found = read(worse, estimates=(replace(estimate(1.2), metric="rmse"),))["estimate.rmse"]
    assert found.value == pytest.approx(0.2)
    assert "20 % worse than its baseline" in found.text


def test_an_estimate_without_a_baseline_says_nothing():
    assert read(make_figure(None, baseline=None), estimates=(estimate(0.8),))["estimate.roc_auc"].value is None


@pytest.mark.parametrize(
    ("confirmed", "why"), [(True, "no baseline"), (False, "not confirmed"), (None, "not confirmed")]
)
def test_an_estimate_without_a_level_says_why(confirmed, why):
    figure = replace(make_figure(), baseline=None, loss=None)
    assert why in read(figure, estimates=(estimate(0.8, confirmed=confirmed),))["estimate.roc_auc"].text
