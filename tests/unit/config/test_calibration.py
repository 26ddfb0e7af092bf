import pytest
from pydantic import ValidationError

from builders.runs import make_config

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
