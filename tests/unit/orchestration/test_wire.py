import pytest

from builders.runs import make_run
from ratchet.config.run import Run
from ratchet.errors import RatchetError
from ratchet.orchestration.wire import read_inputs, write_output
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate

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
