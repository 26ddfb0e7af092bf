import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.decision import Costs

COSTS = {"false_positive": 1, "false_negative": 4}


def test_break_even_is_where_both_decisions_cost_the_same() -> None:
    assert Costs(false_positive=1, false_negative=4).break_even == pytest.approx(0.2)
    gain = Costs(false_positive=1, false_negative=0, true_positive=-9)
    assert gain.break_even == pytest.approx(0.1)
    at = gain.break_even
    assert at * gain.true_positive + (1 - at) * gain.false_positive == pytest.approx(at * gain.false_negative)


@pytest.mark.parametrize(
    "costs",
    [
        {"false_positive": 0, "false_negative": 1},
        {"false_positive": 1, "false_negative": 0},
        {"false_positive": 1, "false_negative": 1, "true_negative": 2},
        {"false_positive": 1, "false_negative": 1, "true_positive": 1},
    ],
)
def test_a_mistake_must_cost_more_than_being_right(costs: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="a mistake must cost more than being right"):
        make_config(decision={"costs": costs})


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ({"by": "city"}, "`by` needs `costs`"),
        ({"by": "city", "costs": COSTS, "threshold": 0.3}, "exclude each other"),
        ({"by": "citi", "costs": COSTS}, r"names 'citi', which is neither .* \(did you mean 'city'\?\)"),
        ({"threshold": 1.5}, "less than or equal to 1"),
    ],
)
def test_what_does_not_fit_together_is_refused(decision: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        make_config(decision=decision)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
@pytest.mark.parametrize("decision", [{"costs": COSTS}, {"threshold": 0.3}])
def test_only_a_binary_task_has_a_threshold(task: str, decision: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=f"a {task} task has no threshold"):
        make_config(task=task, decision=decision)


def test_costs_a_threshold_and_segments_are_read() -> None:
    assert make_config(decision={"costs": COSTS, "threshold": 0.3}).decision.threshold == 0.3
    assert make_config(decision={"costs": COSTS, "by": "city"}).decision.by == "city"


RESAMPLED = {"name": "one", "estimator": "linear", "resample": {"negatives_per_positive": 3}}


def make_candidate(**changes: object) -> dict[str, object]:
    return {"name": "one", "estimator": "linear"} | changes


@pytest.mark.parametrize(
    ("changes", "is_reweighted"),
    [
        ({}, False),
        ({"parameters": {"class_weight": None}}, False),
        ({"parameters": {"scale_pos_weight": 1}}, False),
        ({"parameters": {"class_weight": "balanced"}}, True),
        ({"parameters": {"scale_pos_weight": 4.0}}, True),
        ({"resample": {"negatives_per_positive": 3}}, True),
    ],
)
def test_resampled_and_weighted_candidates_are_told_apart(changes: dict[str, object], is_reweighted: bool) -> None:
    assert make_config(candidates=[make_candidate(**changes)]).candidates[0].is_reweighted is is_reweighted


@pytest.mark.parametrize("candidate", [RESAMPLED, make_candidate(parameters={"class_weight": "balanced"})])
def test_resampled_candidates_can_not_be_left_uncorrected(candidate: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"`calibration[.]method: none` can't leave them"):
        make_config(candidates=[candidate], calibration={"method": "none"})
    assert make_config(candidates=[candidate]).calibration.method == "auto"


def test_nothing_is_said_against_leaving_others_uncorrected() -> None:
    assert make_config(candidates=[make_candidate()], calibration={"method": "none"})


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_resampling_is_for_a_binary_task(task: str) -> None:
    with pytest.raises(ValidationError, match="`resample` is for a binary task"):
        make_config(task=task, candidates=[RESAMPLED])


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_a_regression_has_no_probabilities_to_correct(method: str) -> None:
    with pytest.raises(ValidationError, match="corrects probabilities, which a regression has none of"):
        make_config(task="regression", calibration={"method": method})


@pytest.mark.parametrize("method", ["auto", "none"])
def test_a_regression_may_say_that_nothing_is_corrected(method: str) -> None:
    assert make_config(task="regression", calibration={"method": method})


@pytest.mark.parametrize("ratio", [0, -1, 1001])
def test_a_ratio_that_makes_no_sense_is_refused(ratio: float) -> None:
    with pytest.raises(ValidationError):
        make_config(candidates=[make_candidate(resample={"negatives_per_positive": ratio})])
