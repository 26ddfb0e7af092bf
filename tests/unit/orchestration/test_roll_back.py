from types import SimpleNamespace

import pytest

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from airflow.sdk.api.datamodels._generated import DagRun  # noqa: E402
from airflow.sdk.exceptions import AirflowFailException  # noqa: E402

from ratchet.errors import RegistryError  # noqa: E402
from ratchet.orchestration import roll_back  # noqa: E402
from ratchet.records.promotion import Promotion  # noqa: E402
from ratchet.stages import roll_back as stage  # noqa: E402

DONE = Promotion(moved=True, version=1, previous=2, reason="rolled back")


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the stage was asked, for a DAG run that ann started."""
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path))
    assert {"run_id", "triggering_user_name"} <= set(DagRun.model_fields)
    dag_run = SimpleNamespace(run_id="manual__1", triggering_user_name="ann")
    context = {"params": {"reason": "worse"}, "dag_run": dag_run}
    monkeypatch.setattr(roll_back, "get_current_context", lambda: context)
    calls = []

    def answer(home: object, model: str, reason: str, actor: str, key: str) -> Promotion:
        calls.append((model, reason, actor, key))
        return DONE

    monkeypatch.setattr(stage, "roll_back", answer)
    return calls, dag_run


def test_the_task_says_who_asked_and_is_known_by_its_run(asked):
    calls, dag_run = asked
    assert roll_back.move_back("sales")["version"] == 1
    dag_run.triggering_user_name = None
    roll_back.move_back("sales")
    assert calls == [
        ("sales", "worse", "ann", "roll_back:manual__1"),
        ("sales", "worse", "run manual__1", "roll_back:manual__1"),
    ]


def test_what_can_not_be_undone_is_not_tried_again(asked, monkeypatch):
    def refuse(*_arguments: object) -> Promotion:
        raise RegistryError("there is nothing to go back to")

    monkeypatch.setattr(stage, "roll_back", refuse)
    with pytest.raises(AirflowFailException, match="nothing to go back to"):
        roll_back.move_back("sales")
