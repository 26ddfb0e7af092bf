from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from builders.runs import DATA
from ratchet.errors import ConfigError
from ratchet.orchestration.request import make_run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM = {"as_of": None, "candidates": None, "reason": None, "dry_run": False}


@pytest.fixture
def model_file(tmp_path, monkeypatch):
    import yaml

    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "var"))
    path = tmp_path / "sales.yaml"
    path.write_text(yaml.safe_dump({"model": "sales", "task": "binary", "data": DATA}))
    return path


def context(**answers):
    dag_run = SimpleNamespace(run_id="manual__1", start_date=NOON, run_after=NOON)
    return {"params": FORM | answers, "dag_run": dag_run}


def test_an_empty_form_reads_up_to_the_runs_own_time(model_file):
    run = make_run(str(model_file), context())
    assert (run.as_of, run.candidates, run.dry_run, run.run_id) == (NOON, (), False, "manual__1")


def test_answers_reach_the_run(model_file):
    answers = {"as_of": "2026-01-31T00:00:00+01:00", "candidates": ["linear"], "reason": "fee change", "dry_run": True}
    run = make_run(str(model_file), context(**answers))
    assert run.as_of == datetime(2026, 1, 30, 23, tzinfo=UTC)
    assert (run.candidates, run.reason, run.dry_run) == (("linear",), "fee change", True)


def test_an_unknown_candidate_is_named_with_the_nearest(model_file):
    with pytest.raises(ConfigError, match=r"no candidate 'linaer' \(did you mean 'linear'\?\)"):
        make_run(str(model_file), context(candidates=["linaer"]))


def test_a_time_that_is_none_is_refused(model_file):
    with pytest.raises(ConfigError, match="'yesterday' is not a time such as"):
        make_run(str(model_file), context(as_of="yesterday"))


def test_a_time_that_has_not_come_is_refused(model_file):
    with pytest.raises(ConfigError, match="has not come yet"):
        make_run(str(model_file), context(as_of="2026-03-01T12:00:01Z"))


def test_an_unsafe_run_id_is_refused(model_file):
    asked = context()
    asked["dag_run"].run_id = "../../etc"
    with pytest.raises(ConfigError, match="run_id"):
        make_run(str(model_file), asked)
