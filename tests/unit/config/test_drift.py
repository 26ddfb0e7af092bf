import pytest

from builders.runs import make_config
from ratchet.config.drift import DriftPlan, find_drift_mistake
from ratchet.records.drift import DriftLimits


def test_the_defaults_are_those_of_the_measurement():
    assert DriftPlan().limits == DriftLimits()


@pytest.mark.parametrize(
    ("plan", "mistake"),
    [
        (DriftPlan(), None),
        (DriftPlan(look=0.2, act=0.2), None),
        (DriftPlan(look=0.3), "`monitoring.drift.act` should be at least `look`"),
    ],
)
def test_levels_rise(plan, mistake):
    assert find_drift_mistake(plan) == mistake


def test_an_ignored_column_is_a_feature():
    assert make_config(monitoring={"drift": {"ignore": ["age"]}}).monitoring.drift.ignore == ("age",)
    with pytest.raises(ValueError, match=r"`monitoring\.drift\.ignore` names 'aeg'"):
        make_config(monitoring={"drift": {"ignore": ["aeg"]}})
