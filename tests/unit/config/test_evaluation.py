"""What is measured on the holdout, in the YAML."""

import pytest
from pydantic import ValidationError

from ratchet.config.evaluation import FairnessPlan


@pytest.mark.parametrize("edges", [[], [3.0, 3.0], [4.0, 3.0]])
def test_edges_rise(edges):
    with pytest.raises(ValidationError, match="must rise"):
        FairnessPlan.model_validate({"bins": {"age": edges}})
