from types import SimpleNamespace

import pytest

from builders.records import make_rejection, make_report
from builders.runs import make_config, make_run
from builders.throttles import make_trigger
from ratchet.config.run import Run
from ratchet.errors import RatchetError
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from airflow.sdk import RetryAction  # noqa: E402
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException  # noqa: E402
from sqlalchemy.exc import OperationalError  # noqa: E402

from ratchet.artifacts.run_store import find_problem, find_record, folder_of  # noqa: E402
from ratchet.errors import DataError  # noqa: E402
from ratchet.ledger.database import open_ledger  # noqa: E402
from ratchet.ledger.journal import read_entries  # noqa: E402
from ratchet.ledger.runs import find_run_end  # noqa: E402
from ratchet.orchestration import tasks  # noqa: E402
from ratchet.orchestration.tasks import (  # noqa: E402
    RetryInfrastructure,
    is_infrastructure,
    read_inputs,
    run_stage,
    write_output,
)
from ratchet.pipelines.keeping import keep_retrained  # noqa: E402
from ratchet.records.admission import TriggerKind, dag_of  # noqa: E402
from ratchet.records.ledger import Kind  # noqa: E402
from ratchet.records.modelling import Challenger  # noqa: E402
from ratchet.stages.admit import admit  # noqa: E402

CANDIDATES = [{"name": "linear", "estimator": "linear"}, {"name": "forest", "estimator": "random_forest"}]
FITTED = {
    "name": "linear",
    "estimator": "linear",
    "parameters": "{}",
    "model": {"path": "m.skops", "sha256": "0" * 64, "size_bytes": 1},
    "failure": None,
    "score": 0.7,
    "metric": "roc_auc",
    "metric_value": 0.7,
    "fit_seconds": 1.0,
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run as the first task's result, as Airflow would hand it to the others."""
    run = make_run(tmp_path, make_config(candidates=CANDIDATES), candidates=("linear",))
    pushed = {("admit", "run"): run.model_dump(mode="json")}
    pulled = SimpleNamespace(xcom_pull=lambda task_ids, key: pushed.get((task_ids, key)))
    monkeypatch.setattr(tasks, "get_current_context", lambda: {"ti": pulled})
    return run


def test_a_stage_gets_records_and_gives_json_and_its_record_is_kept(run):
    output = run_stage("retrain", "select", {"candidates": [FITTED]})
    assert (output["name"], output["model"]["path"]) == ("linear", "m.skops")
    assert find_record(folder_of(run), "select", Challenger).name == "linear"


def test_what_the_stage_says_is_wrong_is_not_tried_again(run):
    with pytest.raises(AirflowFailException, match="linear"):
        run_stage(
            "retrain", "select", {"candidates": [FITTED | {"model": None, "failure": "out of memory", "score": None}]}
        )


def test_what_a_stage_said_is_kept_until_it_is_done(run):
    with pytest.raises(AirflowFailException):
        run_stage("retrain", "select", {"candidates": [{"name": "linear"}]})
    assert find_problem(folder_of(run)).startswith("select: stage select: candidates")
    run_stage("retrain", "select", {"candidates": [FITTED]})
    assert find_problem(folder_of(run)) is None


def test_a_record_that_does_not_fit_is_not_tried_again(run):
    with pytest.raises(AirflowFailException, match="stage select: candidates"):
        run_stage("retrain", "select", {"candidates": [{"name": "linear"}]})


def test_rejected_data_skips_the_task(run):
    with pytest.raises(AirflowSkipException, match="data check failed"):
        run_stage("retrain", "select", {"candidates": [FITTED]}, unless_rejected={"outcome": "fail"})


@pytest.mark.parametrize("outcome", ["pass", "inconclusive"])
def test_any_other_outcome_does_not(run, outcome):
    assert run_stage("retrain", "select", {"candidates": [FITTED]}, unless_rejected={"outcome": outcome})


def test_a_candidate_that_was_not_asked_for_is_skipped(run):
    part = {"file": FITTED["model"], "rows": 1, "positives": 1, "time_from": None, "time_to": None}
    parts = {"train": part, "validation": part, "holdout": part}
    split = {"method": "time", **parts, "embargoed_rows": 0, "classes": ["no", "yes"]}
    with pytest.raises(AirflowSkipException, match="forest was not asked for"):
        run_stage("retrain", "train", {"split": split}, candidate="forest")


def test_a_verdict_is_kept_in_the_ledger_as_well_once(run):
    for _ in range(2):
        keep_retrained(run, "decide", make_rejection())
    with open_ledger(run.home).connect() as connection:
        [entry] = read_entries(connection, kinds=[Kind.VERDICT])
    assert entry.note.reason == make_rejection().reason


def test_with_its_report_an_admitted_run_has_ended_well(run):
    own = make_trigger(TriggerKind.PERSON, override=True)
    admit(run, ((own, "{}"),), dag_of(run.model))
    for name, record in (("decide", make_rejection()), ("report", make_report()), ("report", make_report())):
        keep_retrained(run, name, record)
    with open_ledger(run.home).connect() as connection:
        assert find_run_end(connection, run.model, run.run_id).succeeded
        assert len(list(read_entries(connection, kinds=[Kind.RUN]))) == 1


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


CANDIDATE = Candidate(
    name="linear",
    estimator="linear",
    parameters="{}",
    model=FileRef(path="m.skops", sha256="0" * 64, size_bytes=1),
    failure=None,
    score=0.8,
    metric="roc_auc",
    metric_value=0.8,
    fit_seconds=1.5,
)


def gather(run: Run, candidates: tuple[Candidate, ...], extra: Candidate | None) -> Candidate:
    raise AssertionError("only its annotations are read")


def test_a_record_comes_back_as_itself(tmp_path):
    run = make_run(tmp_path)
    inputs = {"run": run.model_dump(mode="json"), "candidates": [write_output(gather, CANDIDATE)], "extra": None}
    assert read_inputs(gather, inputs) == {"run": run, "candidates": (CANDIDATE,), "extra": None}


def test_what_is_written_is_plain_json():
    assert write_output(gather, CANDIDATE)["model"] == {"path": "m.skops", "sha256": "0" * 64, "size_bytes": 1}


@pytest.mark.parametrize(
    ("broken", "named"),
    [({"name": "linear"}, "candidates.0.estimator"), ("not a record", "candidates.0")],
)
def test_a_value_that_does_not_fit_is_named(broken, named):
    with pytest.raises(RatchetError, match=rf"stage gather: {named}"):
        read_inputs(gather, {"candidates": [broken]})
