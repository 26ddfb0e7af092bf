import pytest

from builders.training import make_spec
from ratchet.models.candidates import ValidationResult, describe_parameters, fitted_candidate, lost_candidate
from ratchet.records.files import FileRef
from ratchet.records.modelling import Figure


def test_parameters_read_the_same_in_any_order() -> None:
    one = make_spec(parameters={"b": 1, "a": None})
    other = make_spec(parameters={"a": None, "b": 1})
    assert describe_parameters(one) == describe_parameters(other) == '{"a": null, "b": 1}'


def test_a_lost_candidate_has_a_reason_and_nothing_to_choose_by() -> None:
    lost = lost_candidate(make_spec(name="mine"), metric="roc_auc", reason="it hung", seconds=3.0)
    assert (lost.name, lost.model, lost.score, lost.metric_value) == ("mine", None, None, None)
    assert (lost.failure, lost.metric, lost.fit_seconds) == ("it hung", "roc_auc", 3.0)


@pytest.mark.parametrize(("metric", "score"), [("roc_auc", 0.25), ("brier", -0.25)])
def test_a_fitted_candidate_is_chosen_by_a_score_whose_higher_values_are_better(metric: str, score: float) -> None:
    model = FileRef(path="m.skops", sha256="0" * 64, size_bytes=7)
    figure = Figure(name=metric, value=0.25, is_smaller_better=score < 0)
    result = ValidationResult(value=0.25, figures=(figure,), thresholds=None)
    fitted = fitted_candidate(make_spec(), model, result, metric=metric, seconds=2.0)
    assert (fitted.score, fitted.metric_value, fitted.fit_seconds) == (score, 0.25, 2.0)
    assert [(each.name, each.value) for each in fitted.figures[1:]] == [("size_bytes", 7.0), ("fit_seconds", 2.0)]
