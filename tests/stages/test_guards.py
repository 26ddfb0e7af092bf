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
from ratchet.stages.train import train

PACKAGE = """
import ctypes, os, subprocess, sys, time
import numpy as np
from sklearn.dummy import DummyRegressor
from ratchet.models.catalogue import Entry

class Sleeps(DummyRegressor):
    def fit(self, rows, labels):
        time.sleep(600)

class SleepsInNativeCode(DummyRegressor):
    def fit(self, rows, labels):
        ctypes.PyDLL(None).sleep(600)  # it lets no other thread of Python run

class Eats(DummyRegressor):
    def fit(self, rows, labels):
        self.eaten = [np.ones(10**6) for _ in range(10**5)]

class Raises(DummyRegressor):
    def fit(self, rows, labels):
        raise RuntimeError("no solution")

class PredictsNothing(DummyRegressor):
    def predict(self, rows):
        return np.full(len(rows), np.nan)

class LeavesOthers(DummyRegressor):
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
LIMIT = 3


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


def train_beside_another(home: Path, spec: CandidateSpec) -> tuple[Candidate, Candidate]:
    run = make_run(home, make_task_config("regression", candidates=(spec, make_spec(name="good"))))
    split = write_split(run, make_mixed_rows("regression"))
    return train(run, split, spec.name), train(run, split, "good")


@pytest.mark.parametrize(
    ("estimator", "parameters", "reason"),
    [
        ("sleeps", {}, f"stopped after its time limit of {LIMIT} s"),
        ("sleeps_in_native_code", {}, f"stopped after its time limit of {LIMIT} s"),
        ("eats", {}, "its memory limit is 900.0MB"),
        ("raises", {}, "RuntimeError: no solution"),
        ("predicts_nothing", {}, "it predicts values that are not finite numbers"),
        ("leaves_others", {}, "the process ended with exit code 3 before it answered"),
        ("xgboost", {"learning_rate": 1e300}, "Out of range value for learning_rate"),
        ("xgboost", {"learning_rate": 1e30}, "it predicts values that are not finite numbers"),
        ("hist_gradient_boosting", {"learning_rate": 1e300}, "its rmse on validation is inf: the fit went astray"),
    ],
)
def test_a_candidate_that_misbehaves_is_lost_alone_and_soon(
    estimator: str, parameters: dict[str, float], reason: str, tmp_path: Path
) -> None:
    spec = make_spec(estimator, "bad", parameters=parameters, time_limit=f"{LIMIT}s", memory_limit="900MB")
    bad, good = train_beside_another(tmp_path, spec)
    assert reason in str(bad.failure)
    assert bad.fit_seconds < LIMIT + 5
    assert good.failure is None
    if estimator == "leaves_others":
        assert all(is_gone(int(pid)) for pid in (tmp_path / "note").read_text().split())
