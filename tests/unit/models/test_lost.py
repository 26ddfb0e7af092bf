from builders.training import make_spec
from ratchet.models.lost import describe_parameters, lost_candidate


def test_parameters_read_the_same_in_any_order() -> None:
    one = make_spec(parameters={"b": 1, "a": None})
    other = make_spec(parameters={"a": None, "b": 1})
    assert describe_parameters(one) == describe_parameters(other) == '{"a": null, "b": 1}'


def test_a_lost_candidate_has_a_reason_and_nothing_to_choose_by() -> None:
    lost = lost_candidate(make_spec(name="mine"), metric="roc_auc", reason="it hung", seconds=3.0)
    assert (lost.name, lost.model, lost.score, lost.metric_value) == ("mine", None, None, None)
    assert (lost.failure, lost.metric, lost.fit_seconds) == ("it hung", "roc_auc", 3.0)
