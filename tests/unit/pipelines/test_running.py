"""Walking a table: what each step gets, when one is skipped, and what is kept."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from builders.runs import make_config, make_run
from ratchet.errors import RatchetError
from ratchet.pipelines import running
from ratchet.pipelines.running import is_skipped, run_steps
from ratchet.pipelines.tables import Pipeline, Step, When
from ratchet.records.judgement import Outcome

GOOD, BAD = SimpleNamespace(outcome=Outcome.PASS), SimpleNamespace(outcome=Outcome.FAIL)
CANDIDATES = [{"name": "linear", "estimator": "linear"}, {"name": "forest", "estimator": "random_forest"}]


@pytest.mark.parametrize(
    ("step", "records", "skipped"),
    [
        (Step(name="s", what=""), {}, False),
        (Step(name="s", what="", inputs={"a": "first"}), {"first": GOOD}, False),
        (Step(name="s", what="", inputs={"a": "first"}), {"first": None}, True),
        (Step(name="s", what="", inputs={"a": "first"}, when=When.ALL_ENDED), {"first": None}, True),
        (Step(name="s", what="", inputs={"a": "first"}, when=When.NONE_BROKE), {"first": None}, False),
        (Step(name="s", what="", unless_rejected="check"), {"check": GOOD}, False),
        (Step(name="s", what="", unless_rejected="check"), {"check": BAD}, True),
    ],
)
def test_when_a_step_has_nothing_to_do(step, records, skipped):
    assert is_skipped(step, records) is skipped


@pytest.fixture
def walk(tmp_path, monkeypatch):
    """Walk a table whose stages are these functions; say what was watched, kept and noted as a problem."""
    seen = SimpleNamespace(watched=[], kept={}, problems={})

    @contextmanager
    def watch(name):
        seen.watched.append(name)
        yield

    def walk_steps(steps, stages, **options):
        monkeypatch.setattr(running, "load_stage", stages.__getitem__)
        pipeline = Pipeline(
            name="test",
            steps=steps,
            keep=lambda _run, name, record: seen.kept.update({name: record}),
            keep_problem=lambda _run, name, problem: seen.problems.update({name: problem}),
        )
        run = make_run(tmp_path, make_config(candidates=CANDIDATES))
        return run_steps(pipeline, run, watch, **options)

    return SimpleNamespace(steps=walk_steps, seen=seen)


def test_a_record_may_have_another_name_than_its_stage(walk):
    steps = (Step(name="adopt", what="", record="select"), Step(name="judge", what="", inputs={"it": "select"}))
    made = walk.steps(steps, {"adopt": lambda _run: "theirs", "judge": lambda _run, it: f"judged: {it}"})
    assert made == walk.seen.kept == {"select": "theirs", "judge": "judged: theirs"}


def test_records_flow_along_the_table(walk):
    steps = (
        Step(name="read", what="", options=("again",)),
        Step(name="fit", what="", inputs={"rows": "read"}, is_for_each=True),
        Step(name="choose", what="", inputs={"fitted": "fit"}),
    )
    stages = {
        "read": lambda _run, again: f"rows {again}",
        "fit": lambda _run, rows, candidate: f"{candidate} on {rows}",
        "choose": lambda _run, fitted: fitted[0],
    }
    made = walk.steps(steps, stages, again=True)
    assert made["fit"] == ("linear on rows True", "forest on rows True")
    assert made["choose"] == "linear on rows True"
    assert walk.seen.watched == [*walk.seen.kept] == ["read", "fit-linear", "fit-forest", "choose"]


def test_rejected_data_gives_none_to_what_still_runs(walk):
    steps = (
        Step(name="check", what=""),
        Step(name="fit", what="", unless_rejected="check"),
        Step(name="judge", what="", inputs={"fitted": "fit"}),
        Step(name="tell", what="", inputs={"judged": "judge"}, when=When.NONE_BROKE),
    )
    stages = {"check": lambda _run: BAD, "tell": lambda _run, judged: f"judged: {judged}"}
    assert walk.steps(steps, stages) == {"check": BAD, "fit": None, "judge": None, "tell": "judged: None"}
    assert walk.seen.problems == {}


def test_what_a_stage_says_is_wrong_is_kept_and_ends_the_walk(walk):
    def fail(_run):
        raise RatchetError("no rows in a.csv")

    with pytest.raises(RatchetError, match="no rows"):
        walk.steps((Step(name="read", what=""), Step(name="next", what="")), {"read": fail})
    assert walk.seen.problems == {"read": "no rows in a.csv"}
    assert walk.seen.kept == {}
