"""How labels are waited for, as the YAML says it."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from ratchet.config.late_labels import LabelPlan


@pytest.mark.parametrize(("said", "meant"), [("30d", timedelta(days=30)), (500, 500), (0, 0), (None, None)])
def test_rows_mature_after_a_duration_or_a_number_of_rows(said, meant):
    plan = LabelPlan.model_validate({"mature_after": said})
    assert plan.mature_after == meant
    assert LabelPlan.model_validate(plan.model_dump(mode="json")) == plan


@pytest.mark.parametrize(
    "wrong",
    [
        {"maturity": 0.0},
        {"maturity": 1.1},
        {"mature_after": "soon"},
        {"mature_after": -1},
        {"min_rows": 9},
        {"min_rare": 1},
        {"max_segments": 0},
    ],
)
def test_what_can_not_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        LabelPlan.model_validate(wrong)


def test_by_default_maturity_is_learnt():
    plan = LabelPlan()
    assert (plan.maturity, plan.mature_after) == (0.95, None)
