import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_comparison, make_frame, make_labels, make_scores
from builders.runs import make_config
from ratchet.config.decision import Costs
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.costs import cost_rows, measure_costs
from ratchet.evaluation.decisions import decide_classes
from ratchet.records.decision import CostReport, SegmentThreshold, Thresholds

COSTS = {"false_positive": 1.0, "false_negative": 4.0}
LOW, HALF = Thresholds(overall=0.3), Thresholds(overall=0.5)


def make_case(rows: int = 2000, *, thresholds: Thresholds = LOW, **changes: object) -> Comparison:
    """A challenger at one threshold, a champion with the same scores at one half."""
    config = make_config(decision={"costs": COSTS}, split={"method": "random"})
    labels = make_labels(rows)
    scores, frame = make_scores(labels), changes.pop("frame", make_frame(rows))
    facts = {
        "challenger": Scored(scores=scores, decisions=decide_classes("binary", scores, frame, thresholds)),
        "champion": Scored(scores=scores, decisions=decide_classes("binary", scores, frame, HALF)),
    } | changes
    return make_comparison(config, labels=labels, frame=frame, **facts)


def measure(comparison: Comparison, thresholds: Thresholds = LOW) -> CostReport:
    found = measure_costs(comparison, thresholds=thresholds, champion=HALF)
    assert found is not None
    return found


def test_each_kind_of_decision_has_its_cost() -> None:
    costs = Costs(false_positive=1, false_negative=5, true_positive=-2, true_negative=0.5)
    spent = cost_rows(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0]), costs)
    assert spent.tolist() == [0.5, 1.0, 5.0, -2.0]


def test_a_thousand_decisions_cost_a_thousand_times_the_mean() -> None:
    comparison = make_case()
    found = measure(comparison)
    assert comparison.challenger.decisions is not None
    missed = ((comparison.labels == 1) & (comparison.challenger.decisions == 0)).sum()
    alarms = ((comparison.labels == 0) & (comparison.challenger.decisions == 1)).sum()
    challenger, champion = found.of("challenger"), found.of("champion")
    assert challenger is not None
    assert champion is not None
    assert found.saving is not None
    assert challenger.per_1000.estimate == pytest.approx(1000 * (4 * missed + alarms) / 2000)
    assert challenger.positive_share == comparison.challenger.decisions.mean()
    assert found.saving.estimate == pytest.approx(champion.per_1000.estimate - challenger.per_1000.estimate)
    assert found.saving.lower is not None
    assert found.saving.lower < found.saving.estimate < (found.saving.upper or 0)


def test_the_baseline_decides_what_is_cheapest_for_the_rate_it_knows() -> None:
    """0.3 is above the break-even probability of 0.2: everybody is decided positive."""
    baseline = measure(make_case()).of("baseline")
    assert baseline is not None
    assert baseline.positive_share == 1.0
    nobody = measure(make_case(baseline=np.full(2000, 0.1))).of("baseline")
    assert nobody is not None
    assert nobody.positive_share == 0.0


def test_the_same_decisions_save_nothing_for_certain() -> None:
    comparison = make_case(thresholds=HALF)
    found = measure(comparison, HALF)
    assert found.saving is not None
    assert (found.saving.estimate, found.saving.lower, found.saving.upper) == (0, 0, 0)


def test_segments_are_reported_with_their_thresholds() -> None:
    frame = pd.DataFrame({"city": np.repeat(["Oslo", "Bern", "Rome"], [1000, 970, 30])})
    own = tuple(SegmentThreshold(value=name, threshold=0.2) for name in ("Bern", "Oslo", "Paris"))
    thresholds = Thresholds(overall=0.4, column="city", segments=own)
    found = measure(make_case(frame=frame, thresholds=thresholds), thresholds)
    assert [(each.segment, each.rows, each.threshold) for each in found.segments] == [
        ("Oslo", 1000, 0.2),
        ("Bern", 970, 0.2),
        ("other", 30, 0.4),
    ]
    assert found.segments[0].saving is not None
    assert found.segments[2].saving is None
    first, challenger = found.segments, found.of("challenger")
    assert challenger is not None
    assert sum(each.rows * each.challenger for each in first) == pytest.approx(2000 * challenger.per_1000.estimate)


def test_without_a_champion_nothing_is_saved() -> None:
    found = measure(make_case(champion=None))
    assert (found.saving, found.of("champion"), found.champion_thresholds) == (None, None, None)
    assert found.of("baseline") is not None


def test_without_costs_nothing_is_measured() -> None:
    assert measure_costs(make_comparison(), thresholds=HALF) is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"challenger": Scored(scores=np.full(2000, np.nan), decisions=np.zeros(2000))}, "2,000 predictions of the ch"),
        ({"challenger": Scored(scores=np.full(2000, 0.5))}, "the challenger decides nothing"),
    ],
)
def test_what_can_not_be_measured_is_a_problem(changes: dict[str, object], problem: str) -> None:
    found = measure(make_case(**changes))
    assert (found.problem or "").startswith(problem)
    assert found.models == ()


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows_are_a_problem(rows: int) -> None:
    assert measure(make_case(rows)).problem == f"{rows} rows in the holdout"


@pytest.mark.filterwarnings("error")
def test_one_class_has_finite_costs() -> None:
    comparison = make_case()
    alike = Comparison(
        config=comparison.config,
        frame=comparison.frame,
        labels=np.zeros(2000),
        classes=2,
        challenger=comparison.challenger,
        champion=comparison.champion,
        baseline=comparison.baseline,
    )
    found = measure(alike)
    assert found.positives == 0
    assert np.isfinite([each.per_1000.estimate for each in found.models]).all()
