"""Fairness in the YAML."""

import pytest
from pydantic import ValidationError

from ratchet.config.fairness import FairGate, FairnessPlan


@pytest.mark.parametrize("edges", [[], [3.0, 3.0], [4.0, 3.0]])
def test_edges_rise(edges):
    with pytest.raises(ValidationError, match="must rise"):
        FairnessPlan.model_validate({"bins": {"age": edges}})


@pytest.mark.parametrize(
    ("criterion", "limit"),
    [
        ("equalised_odds", {"at_most": 0.3, "must_show": 0.3}),
        ("four_fifths", {"at_least": 0.8, "must_show": 0.8}),
        ("regression_bias", {"at_most": 1.0, "must_show": 0.5}),
    ],
)
def test_what_must_show_is_beyond_the_limit(criterion, limit):
    with pytest.raises(ValidationError, match="must_show"):
        FairGate.model_validate({criterion: limit})


def test_a_criterion_is_switched_off_by_null_and_on_by_an_empty_section():
    gate = FairGate.model_validate({"equalised_odds": None, "four_fifths": {}})
    assert gate.equalised_odds is None
    assert gate.four_fifths is not None
    assert gate.four_fifths.at_least == 0.8
