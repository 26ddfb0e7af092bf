import math
from dataclasses import replace
from pathlib import Path

import pytest

from builders.runs import make_config, make_run
from ratchet.config.run import Run
from ratchet.errors import TrainingError
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate
from ratchet.stages.select import select


def make_candidate(name: str, score: float | None = 0.8, seconds: float = 1.0, failure: str | None = None) -> Candidate:
    model = FileRef(path=f"models/{name}.skops", sha256="0" * 64, size_bytes=1) if failure is None else None
    return Candidate(
        name=name,
        estimator="linear",
        parameters="{}",
        model=model,
        failure=failure,
        score=score if failure is None else None,
        metric="roc_auc",
        metric_value=score if failure is None else None,
        fit_seconds=seconds,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    names = ("alpha", "beta", "gamma")
    return make_run(tmp_path, make_config(candidates=[{"name": name, "estimator": "linear"} for name in names]))


def test_the_best_on_validation_is_chosen_and_the_lost_come_last(run: Run) -> None:
    lost = make_candidate("alpha", failure="it hung")
    challenger = select(run, (lost, make_candidate("beta", 0.7), make_candidate("gamma", 0.9)))
    assert challenger.name == "gamma"
    assert [each.name for each in challenger.leaderboard] == ["gamma", "beta", "alpha"]
    assert challenger.reason == "gamma has the best roc_auc on validation, 0.9 (next beta 0.7)"


def test_a_loss_is_compared_by_its_score_and_shown_as_it_is_read(run: Run) -> None:
    good, bad = make_candidate("beta", -1.5), make_candidate("alpha", -2.5)
    every = [replace(each, metric="rmse", metric_value=-(each.score or 0)) for each in (bad, good)]
    challenger = select(run, (*every, make_candidate("gamma", failure="x")))
    assert challenger.reason == "beta has the best rmse on validation, 1.5 (next alpha 2.5)"


def test_a_tie_goes_to_the_quicker_and_then_to_the_first_in_the_yaml(run: Run) -> None:
    slow, quick = make_candidate("alpha", seconds=9), make_candidate("gamma", seconds=1)
    assert select(run, (slow, quick)).name == "gamma"
    assert "as good but slower" in select(run, (slow, quick)).reason
    assert select(run, (make_candidate("gamma"), make_candidate("beta"))).name == "beta"


@pytest.mark.parametrize("score", [math.nan, math.inf, None])
def test_a_score_that_is_not_finite_never_wins(run: Run, score: float | None) -> None:
    challenger = select(run, (make_candidate("alpha", score), make_candidate("beta", 0.1)))
    assert challenger.name == "beta"
    last = next(each for each in challenger.leaderboard if each.name == "alpha")
    assert (last.model, last.failure) == (None, "it has no finite roc_auc on validation")


def test_a_candidate_whose_task_died_is_lost_and_listed(run: Run) -> None:
    challenger = select(run, (make_candidate("beta"),))
    assert [(each.name, each.failure) for each in challenger.leaderboard[1:]] == [
        ("alpha", "its task did not finish"),
        ("gamma", "its task did not finish"),
    ]
    assert challenger.reason.endswith("no other candidate was usable")


def test_candidates_that_were_not_asked_for_are_not_missed(run: Run) -> None:
    narrow = run.model_copy(update={"candidates": ("beta",)})
    challenger = select(narrow, (make_candidate("beta"),))
    assert [each.name for each in challenger.leaderboard] == ["beta"]
    assert challenger.reason.endswith("it is the only candidate")


def test_without_a_usable_candidate_each_is_named_with_its_reason(run: Run) -> None:
    with pytest.raises(TrainingError) as caught:
        select(run, (make_candidate("beta", failure="it hung"),))
    assert str(caught.value) == (
        "none of 3 candidates is usable: alpha: its task did not finish; beta: it hung; gamma: its task did not finish"
    )
