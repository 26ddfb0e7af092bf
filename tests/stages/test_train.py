import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders import jobs
from builders.runs import make_run
from builders.training import (
    CLASSES,
    ESTIMATORS,
    TASKS,
    UNSEARCHED,
    make_mixed_rows,
    make_spec,
    make_task_config,
    write_split,
)
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_frame
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.errors import ArtifactError, ConfigError
from ratchet.evaluation.decisions import choose_thresholds
from ratchet.metrics.metric import Task
from ratchet.metrics.registry import find_metric
from ratchet.models.group import list_below
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.labels import encode_labels
from ratchet.models.recipes import FitJob
from ratchet.models.scoring import score_rows
from ratchet.records.data import Split
from ratchet.records.modelling import Refresh
from ratchet.stages.train import fit_and_score, train

# One boosting round of very many trees: a native call that no Python signal interrupts.
ENDLESS = make_spec(
    "xgboost", "endless", parameters={"n_estimators": 1, "num_parallel_tree": 5_000_000}, time_limit="12s"
)


def make_case(
    home: Path, *specs: CandidateSpec, task: Task = "binary", rows: pd.DataFrame | None = None, **changes: object
) -> tuple[Run, Split]:
    run = make_run(home, make_task_config(task, candidates=specs or (make_spec(),), **changes))
    return run, write_split(run, make_mixed_rows(task) if rows is None else rows)


def fit(run: Run, split: Split, spec: CandidateSpec | None = None) -> object:
    return fit_and_score(FitJob(run=run, split=split, spec=spec or run.config.candidates[0], threads=1))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_candidate_is_fitted_scored_and_kept(estimator: object, task: Task, tmp_path: Path) -> None:
    run, split = make_case(tmp_path, make_spec(estimator), task=task)
    candidate = fit(run, split)
    assert candidate.failure is None
    assert candidate.model.path == "runs/sales/run-1/models/one.skops"
    assert candidate.score == (candidate.metric_value if task == "binary" else -candidate.metric_value)
    assert candidate.fit_seconds > 0
    validation = read_frame(split.validation.file, tmp_path)
    predictions = score_rows(read_pipeline(candidate.model, tmp_path), validation, run.config)
    assert np.isfinite(predictions).all()
    assert len(predictions) == split.validation.rows


def test_a_candidate_is_trained_in_a_child_and_a_rerun_gives_the_same(tmp_path: Path) -> None:
    run, split = make_case(tmp_path)
    first, again = train(run, split, UNSEARCHED, "one"), train(run, split, UNSEARCHED, "one")
    assert first.failure is None
    assert (first.score, first.metric_value) == (again.score, again.metric_value)
    assert [path.name for path in (tmp_path / "runs/sales/run-1/models").iterdir()] == ["one.skops"]
    assert read_pipeline(again.model, tmp_path).named_steps["model"] is not None


@pytest.mark.slow
def test_a_native_call_that_hangs_is_stopped_at_the_limit(tmp_path: Path) -> None:
    run, split = make_case(tmp_path, ENDLESS)
    before, began = find_children(), time.monotonic()
    candidate = train(run, split, UNSEARCHED, "endless")
    assert candidate.failure == "stopped after its time limit of 12 s"
    assert candidate.model is None
    assert candidate.score is None
    assert 12 <= candidate.fit_seconds <= time.monotonic() - began < 25
    assert find_children() <= before


@pytest.mark.slow
def test_a_child_that_is_killed_is_a_lost_candidate(tmp_path: Path) -> None:
    run, split = make_case(tmp_path, ENDLESS)
    before = find_children()
    with killed_soon():
        candidate = train(run, split, UNSEARCHED, "endless")
    assert candidate.failure == "the process was killed by signal 9 (out of memory?)"
    assert find_children() <= before


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (make_spec("xgboost", parameters={"max_detph": 3}), "no parameter 'max_detph' (did you mean 'max_depth'?)"),
        (make_spec("random_forest", parameters={"n_estimators": -1}), "InvalidParameterError: The 'n_estimators'"),
        (make_spec("xgboost", parameters={"max_depth": -5}), "XGBoostError: value -5 for Parameter max_depth"),
        (make_spec("linear", parameters={"solver": "magic"}), "InvalidParameterError: The 'solver' parameter"),
        (make_spec("hist_gradient_boosting", parameters={"max_bins": "many"}), "InvalidParameterError"),
        (make_spec("random_forest", parameters={"max_features": 9.5}), "InvalidParameterError"),
    ],
)
def test_an_estimator_that_refuses_is_a_lost_candidate(spec: CandidateSpec, reason: str, tmp_path: Path) -> None:
    candidate = fit(*make_case(tmp_path, spec))
    assert reason in candidate.failure
    assert "\n" not in candidate.failure
    assert candidate.model is None
    assert not (tmp_path / "runs/sales/run-1/models").exists()


def test_data_that_a_candidate_can_not_take_is_a_lost_candidate(tmp_path: Path) -> None:
    rows = make_mixed_rows("binary").assign(bought=0)
    candidate = fit(*make_case(tmp_path, rows=rows))
    assert candidate.failure == "no training row is of class yes; give training more rows, or merge classes"


def test_a_metric_that_validation_can_not_give_is_a_lost_candidate(tmp_path: Path) -> None:
    rows = make_mixed_rows("binary")
    rows.loc[420:509, "bought"] = 0
    candidate = fit(*make_case(tmp_path, rows=rows))
    assert candidate.failure == "its roc_auc can't be measured on the 90 validation rows"


def test_predictions_that_are_not_finite_are_a_lost_candidate(tmp_path: Path) -> None:
    rows = make_mixed_rows("regression")
    rows["bought"] = rows["bought"] * 1e300
    candidate = fit(*make_case(tmp_path, make_spec("xgboost"), task="regression", rows=rows))
    assert candidate.model is None
    assert candidate.failure


def test_the_metric_of_the_yaml_is_the_one_that_counts(tmp_path: Path) -> None:
    run, split = make_case(tmp_path, evaluation={"metric": "brier"})
    candidate = fit(run, split)
    assert candidate.metric == "brier"
    assert candidate.score == -candidate.metric_value


def test_rows_are_verified_before_they_are_used(tmp_path: Path) -> None:
    run, split = make_case(tmp_path)
    changed = replace(split, train=replace(split.train, file=replace(split.train.file, sha256="0" * 64)))
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        train(run, changed, UNSEARCHED, "one")


def test_a_model_that_can_not_be_written_is_an_error_of_the_task(tmp_path: Path) -> None:
    run, split = make_case(tmp_path)
    (tmp_path / "runs/sales/run-1/models").write_text("in the way")
    with pytest.raises(OSError, match="models"):
        train(run, split, UNSEARCHED, "one")


def test_a_name_that_the_run_does_not_train_is_refused(tmp_path: Path) -> None:
    run, split = make_case(tmp_path, make_spec(name="alpha"), make_spec(name="beta"))
    with pytest.raises(ConfigError, match=r"no candidate 'alpa' \(did you mean 'alpha'\?\); it has alpha, beta"):
        train(run, split, UNSEARCHED, "alpa")
    with pytest.raises(ConfigError, match="no candidate 'alpha'"):
        train(run.model_copy(update={"candidates": ("beta",)}), split, UNSEARCHED, "alpha")


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5"])
def test_a_number_of_threads_that_is_none_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATCHET_THREADS", text)
    with pytest.raises(ConfigError, match=f"RATCHET_THREADS is '{text}'"):
        train(*make_case(tmp_path), UNSEARCHED, "one")


def test_only_features_and_target_are_read(tmp_path: Path) -> None:
    run, split = make_case(tmp_path)
    assert "secret" in read_frame(split.train.file, tmp_path)
    candidate = fit(run, split)
    assert "secret" not in read_pipeline(candidate.model, tmp_path).feature_names_in_
    assert math.isfinite(candidate.score)


def test_classes_are_those_of_the_split(tmp_path: Path) -> None:
    run, split = make_case(tmp_path, task="multiclass")
    candidate = fit(run, replace(split, classes=("a", "b")))
    assert candidate.failure == "target 'bought' holds 'c', which is no label of a multiclass task; check the source"
    assert CLASSES["multiclass"] == split.classes


COSTS = {"false_positive": 1, "false_negative": 4}


def test_thresholds_are_chosen_on_validation_and_kept(tmp_path: Path) -> None:
    decision = {"costs": COSTS, "by": "city", "min_rows": 60, "min_positives": 10}
    run, split = make_case(tmp_path, rows=make_mixed_rows("binary", 2000), decision=decision)
    candidate = fit(run, split)
    validation = read_frame(split.validation.file, tmp_path)
    scores = score_rows(read_pipeline(candidate.model, tmp_path), validation, run.config)
    labels = validation["bought"].to_numpy(float)
    assert candidate.thresholds == choose_thresholds(run.config, validation, labels, scores)
    assert {segment.value for segment in candidate.thresholds.segments} == {"Oslo", "Bern", "Rome"}


@pytest.mark.parametrize(("task", "overall"), [("binary", 0.5), ("multiclass", None), ("regression", None)])
def test_without_costs_a_binary_model_decides_at_one_half(task: Task, overall: float | None, tmp_path: Path) -> None:
    thresholds = fit(*make_case(tmp_path, task=task)).thresholds
    assert (thresholds.overall if thresholds else None) == overall


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_corrected_candidate_is_scored_on_rows_that_taught_it_nothing(task: Task, tmp_path: Path) -> None:
    spec = make_spec()
    run, split = make_case(tmp_path, spec, task=task, calibration={"method": "isotonic"})
    candidate = fit(run, split)
    assert candidate.failure is None
    rows = read_frame(split.validation.file, tmp_path)[45:]
    scores = score_rows(read_pipeline(candidate.model, tmp_path), rows, run.config)
    labels = encode_labels(rows["bought"], task, split.classes)
    assert candidate.metric_value == find_metric(run.config.metric).measure(labels, scores)


def test_resampled_rows_are_corrected_and_every_candidate_is_ranked_on_the_same_half(tmp_path: Path) -> None:
    plain, drawn = make_spec(name="plain"), make_spec(name="drawn", resample={"negatives_per_positive": 0.3})
    run, split = make_case(tmp_path, plain, drawn, rows=make_mixed_rows("binary", 4000))
    rows = read_frame(split.validation.file, tmp_path)
    for spec in (plain, drawn):
        candidate = fit(run, split, spec)
        scores = score_rows(read_pipeline(candidate.model, tmp_path), rows, run.config)
        assert scores.mean() == pytest.approx(rows["bought"].mean(), abs=0.03)
        half = rows["bought"].to_numpy(float)[300:]
        assert candidate.metric_value == find_metric("roc_auc").measure(half, scores[300:])


def test_too_few_rows_to_correct_on_are_a_lost_candidate(tmp_path: Path) -> None:
    rows = make_mixed_rows("binary", 100)
    candidate = fit(*make_case(tmp_path, rows=rows, calibration={"method": "sigmoid"}))
    assert "half of validation has fewer than 10 rows of class" in candidate.failure


@contextmanager
def killed_soon() -> Iterator[None]:
    """Kill the first child of this process, once it has been there for a while."""

    before = find_children()

    def kill() -> None:
        deadline = time.monotonic() + 10
        while not (fit := list_ours() - before) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        os.kill(min(fit), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def find_children() -> set[int]:
    """Return what is below this process, the warm parent among it."""
    run_in_child(jobs.double, 1, limit=timedelta(minutes=1))  # so that the warm parent is there
    return list_ours()


def list_ours() -> set[int]:
    """Return the processes below this one but for those of servers, which start and end them as they like."""
    ours = set(list_below(os.getpid()))
    for pid in list(ours):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended: whether it did is the question
            is_server = Path(f"/proc/{pid}/comm").read_text() == "postgres\n" or os.getsid(pid) != os.getsid(0)
            ours -= {pid} if is_server else set()
    return ours


def test_a_fault_of_our_own_breaks_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr("ratchet.models.fitting.choose_thresholds", broken)
    with pytest.raises(ValueError, match="a fault of ours"):
        fit(*make_case(tmp_path))


def test_whatever_an_estimator_raises_costs_that_candidate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OddError(Exception):
        """An error of somebody else's package."""

    def refuse(*_arguments: object, **_others: object) -> None:
        raise OddError("no such kernel")

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression.fit", refuse)
    candidate = fit(*make_case(tmp_path, make_spec("linear")))
    assert candidate.failure == "OddError: no such kernel"


@pytest.mark.parametrize("loss", [None, Lost("ran out of memory")])
def test_a_distance_that_can_t_be_measured_loses_no_candidate(
    loss: Lost | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, split = make_case(tmp_path, make_spec("xgboost", refresh="incremental"))
    monkeypatch.setattr("ratchet.stages.train.run_in_child", lambda work, job, **_: work(job))
    start = train(run, split, UNSEARCHED, "one").model
    until = datetime(2026, 1, 8, tzinfo=UTC)  # the rows are hourly from the first of January on
    refresh = Refresh(name="one", way="incremental", reason="as asked", parameters="{}", start=start, until=until)
    second = iter([False, True])
    monkeypatch.setattr(
        "ratchet.stages.train.run_in_child", lambda work, job, **_: (next(second) and loss) or work(job)
    )
    done = train(run, split, replace(UNSEARCHED, refreshes=(refresh,)), "one")
    assert list(second) == []
    assert (done.model is None, done.failure) == (False, None)
    assert done.refresh is not None
    assert (done.refresh.distance is None, done.refresh.correlation is None) == (loss is not None, loss is not None)
    assert replace(done.refresh, distance=None, correlation=None) == refresh
