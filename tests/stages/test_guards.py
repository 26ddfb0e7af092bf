"""A candidate that misbehaves is lost, alone and soon, whatever it does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.plugins import forget, write_metadata
from builders.runs import make_run
from builders.scripts import is_gone
from builders.training import make_mixed_rows, make_spec, make_task_config, write_split
from ratchet import plugins
from ratchet.config.training import CandidateSpec
from ratchet.records.modelling import Candidate
from ratchet.stages.search import search
from ratchet.stages.train import train

PACKAGE = """
import ctypes, os, subprocess, sys, time
import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from ratchet.models.catalogue import Entry

class Sleeps(ExtraTreesRegressor):
    def fit(self, rows, labels):
        time.sleep(600)

class SleepsInNativeCode(ExtraTreesRegressor):
    def fit(self, rows, labels):
        ctypes.PyDLL(None).sleep(600)  # it lets no other thread of Python run

class Eats(ExtraTreesRegressor):
    def fit(self, rows, labels):
        self.eaten = [np.ones(10**6) for _ in range(10**5)]

class Raises(ExtraTreesRegressor):
    def fit(self, rows, labels):
        raise RuntimeError("no solution")

class PredictsNothing(ExtraTreesRegressor):
    def predict(self, rows):
        return np.full(len(rows), np.nan)

class LeavesOthers(ExtraTreesRegressor):
    def fit(self, rows, labels):
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        left = [subprocess.Popen(command, start_new_session=own).pid for own in (True, False)]
        if not (copy := os.fork()):
            time.sleep(600)
        with open(os.environ["NOTE"], "w") as note:
            note.write(" ".join(map(str, [*left, copy])))
        os._exit(3)

def entry(kind):
    return Entry(classifier=kind, regressor=kind, classifier_defaults={}, regressor_defaults={}, encoding="codes")

SLEEPS, SLEEPS_IN_NATIVE_CODE, EATS = entry(Sleeps), entry(SleepsInNativeCode), entry(Eats)
RAISES, PREDICTS_NOTHING, LEAVES_OTHERS = entry(Raises), entry(PredictsNothing), entry(LeavesOthers)
"""
KINDS = ("sleeps", "sleeps_in_native_code", "eats", "raises", "predicts_nothing", "leaves_others")
SHORT = {"time_limit": "3s"}


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "misbehaving.py").write_text(PACKAGE)
    points = {kind: f"misbehaving:{kind.upper()}" for kind in KINDS}
    write_metadata(tmp_path, "misbehaving", {plugins.ESTIMATORS: points})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NOTE", str(tmp_path / "note"))
    forget()
    yield
    forget()


def train_between_others(home: Path, spec: CandidateSpec) -> tuple[Candidate, ...]:
    others = make_spec(name="before"), make_spec(name="after")
    run = make_run(home, make_task_config("regression", candidates=(spec, *others), search={"folds": 2}))
    split = write_split(run, make_mixed_rows("regression"))
    found = search(run, split)
    return tuple(train(run, split, found, name) for name in ("before", spec.name, "after"))


@pytest.mark.parametrize(
    ("estimator", "changes", "reason"),
    [
        ("sleeps", SHORT, "stopped after its time limit of 3 s"),
        ("sleeps_in_native_code", SHORT, "stopped after its time limit of 3 s"),
        ("eats", {"memory_limit": "400MB"}, "its memory limit is 400.0MB"),
        ("raises", {}, "RuntimeError: no solution"),
        ("predicts_nothing", {}, "it predicts values that are not finite numbers"),
        ("leaves_others", {}, "the process ended with exit code 3 before it answered"),
        ("xgboost", {"parameters": {"learning_rate": 1e300}}, "Out of range value for learning_rate"),
        ("xgboost", {"parameters": {"learning_rate": 1e30}}, "it predicts values that are not finite numbers"),
        (
            "hist_gradient_boosting",
            {"parameters": {"learning_rate": 1e300}},
            "its rmse can't be measured on ",
        ),
    ],
)
def test_a_candidate_that_misbehaves_is_lost_alone_and_soon(
    estimator: str, changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    spec = make_spec(estimator, "bad", **{"time_limit": "60s"} | changes)
    before, bad, after = train_between_others(tmp_path, spec)
    assert reason in str(bad.failure)
    assert bad.fit_seconds < spec.time_limit.total_seconds() + 5
    assert before.failure is after.failure is None
    if estimator == "leaves_others":
        assert all(is_gone(int(pid)) for pid in (tmp_path / "note").read_text().split())
