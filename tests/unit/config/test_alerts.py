import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.alerts import AlertPlan


def plan(**changes: object) -> AlertPlan:
    return AlertPlan.model_validate(changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"performance": {"yellow": 0.1, "red": 0.05}}, r"`yellow` \(0.1\) should be at most `red` \(0.05\)"),
        ({"performance": {"yellow": 0, "red": 0.05}}, "greater than 0"),
        ({"separation": {"yellow": 0.6, "red": 1}}, "`separation` is an area"),
        ({"persistence": {"seen": 3, "of": 2}}, r"`seen` \(3\) can't be more than `of` \(2\)"),
        ({"composites": [{"name": "x", "of": ["a", "b"], "at_least": 3}]}, "there are 2 conditions"),
        ({"composites": [{"name": "x", "of": ["a", "a"], "at_least": 2}]}, "conditions repeat"),
        ({"composites": [{"name": "x", "of": ["a"]}, {"name": "x", "of": ["b"]}]}, "composites repeat: x, x"),
        ({"composites": [{"name": "x", "of": ["estimate.*", "a"]}]}, "never decide alone"),
        ({"composites": [{"name": "x", "of": ["*", "b"]}]}, "never decide alone"),
        ({"composites": [{"name": "x", "of": []}]}, "at least 1 item"),
        ({"alone": ["*"]}, "never decide alone"),
        ({"leave": 0}, "greater than 0"),
        ({"smoothing": 1.5}, "less than or equal to 1"),
        ({"retrain_on": ["data"]}, "performance"),
        ({"slow": {"weeks": 2}}, "greater than or equal to 3"),
        ({"maintenance": [{"start": "22:00"}]}, "a blackout has `start` and `end`"),
        ({"sudden": float("nan")}, "finite number"),
        ({"typo": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_plan_is_refused_in_words(changes, words):
    with pytest.raises(ValidationError, match=words):
        plan(**changes)


def test_rules_can_be_switched_off():
    off = plan(sudden=None, slow=None, composites=[], retrain_on=[], alone=[])
    assert (off.sudden, off.slow, off.composites, off.retrain_on, off.alone) == (None, None, (), (), ())


def test_an_estimate_may_be_one_of_several_conditions():
    (composite,) = plan(composites=[{"name": "x", "of": ["estimate.*", "drift.*"], "at_least": 2}]).composites
    assert (composite.when, composite.level, composite.overridable_by_labels) == ("yellow", "red", True)


@pytest.mark.parametrize(
    ("segment", "red"),
    [(None, 0.05), ("plan = basic", 0.3), ("plan = gold", 0.2), ("city = Oslo", 0.1)],
)
def test_a_segment_has_its_own_limits_or_those_of_a_pattern_or_those_of_all(segment, red):
    limits = {"plan = *": {"yellow": 0.1, "red": 0.2}, "plan = basic": {"yellow": 0.1, "red": 0.3}}
    assert plan(segments=limits).limits_of(segment).red == red


def test_the_queue_is_shared_by_columns_that_are_there():
    with pytest.raises(ValidationError, match=r"`monitoring.queue.by` names 'citty'.*did you mean 'city'"):
        make_config(monitoring={"queue": {"by": ["citty"]}})
