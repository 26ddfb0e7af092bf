from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from builders.champions import make_champion, make_champion_home, read_predictions, write_new_rows
from builders.runs import DATA, make_config, make_run

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from airflow.sdk.exceptions import AirflowFailException  # noqa: E402

from ratchet.orchestration import score as module  # noqa: E402

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Run the task on a filled-in form."""
    import yaml

    home = make_champion_home(tmp_path)
    monkeypatch.setenv("RATCHET_PROJECT", str(home))
    monkeypatch.setenv("RATCHET_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    file = tmp_path / "sales.yaml"
    file.write_text(yaml.safe_dump({"model": "sales", "task": "binary", "data": DATA}))

    def run(run_id="scheduled__1", **answers):
        params = {"as_of": None, "source": None, "again": False} | answers
        dag_run = SimpleNamespace(run_id=run_id, start_date=NOON, run_after=NOON)
        events = defaultdict(lambda: SimpleNamespace(extra={}))
        context = {"params": params, "dag_run": dag_run, "outlet_events": events}
        monkeypatch.setattr(module, "get_current_context", lambda: context)
        done = module.score_rows(str(file))
        told.extend((asset.name, event.extra) for asset, event in events.items())
        return done

    told: list[tuple[str, dict]] = []
    return SimpleNamespace(run=run, home=home, told=told)


def test_the_task_scores_what_the_form_names(ask):
    make_champion(make_run(ask.home, make_config()))
    write_new_rows(ask.home, 30, first=240)
    done = ask.run(source="new.csv", as_of="2025-01-11T05:00:00Z")
    assert (done["rows"], done["version"], done["run_id"]) == (6, 1, "scheduled__1")
    assert len(read_predictions(ask.home)) == 6
    assert ask.told == [("ratchet/sales/scored", {"as_of": "2025-01-11T05:00:00+00:00"})]


@pytest.mark.parametrize(("as_of", "told"), [(None, {}), (500, {"as_of": "500"})])
def test_monitoring_is_told_up_to_when_rows_were_looked_at(as_of, told):
    assert module.tell_scored(as_of) == told


def test_what_another_try_would_not_mend_fails_at_once(ask):
    with pytest.raises(AirflowFailException, match="sales has no champion"):
        ask.run()
