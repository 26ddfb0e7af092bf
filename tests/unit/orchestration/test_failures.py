import pytest

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from airflow.sdk import RetryAction  # noqa: E402
from sqlalchemy.exc import OperationalError  # noqa: E402

from ratchet.errors import DataError  # noqa: E402
from ratchet.orchestration.failures import RetryInfrastructure, is_infrastructure  # noqa: E402

BUSY = OperationalError("select 1", {}, Exception("database is locked"))


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), OSError(28, "no space"), MemoryError(), TimeoutError(), BUSY]
)
def test_what_a_later_moment_can_mend_is_tried_again(error):
    assert is_infrastructure(error)
    assert RetryInfrastructure().evaluate(error, 1, 2).action is RetryAction.RETRY


@pytest.mark.parametrize("error", [DataError("no rows"), ValueError("a bug"), KeyError("x"), ZeroDivisionError()])
def test_what_would_end_the_same_way_is_not(error):
    assert not is_infrastructure(error)
    assert RetryInfrastructure().evaluate(error, 1, 2).action is RetryAction.FAIL


def test_the_policy_survives_serialisation():
    policy = RetryInfrastructure.deserialize(RetryInfrastructure().serialize())
    assert isinstance(policy, RetryInfrastructure)
