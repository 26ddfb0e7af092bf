import math
from dataclasses import replace
from pathlib import Path

import pytest

from builders.records import make_data_report, make_split, make_table
from builders.runs import make_config, make_run
from ratchet.artifacts.past_runs import describe_recipe
from ratchet.artifacts.run_store import keep_record
from ratchet.config.run import Run
from ratchet.errors import TrainingError
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate, Figure, Search, TrainingWindow
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


def make_timed(name: str, score: float, milliseconds: float) -> Candidate:
    figures = (
        Figure(name="roc_auc", value=score, is_smaller_better=False),
        Figure(name="score_ms", value=milliseconds, is_smaller_better=True),
    )
    return replace(make_candidate(name, score), figures=figures)


def with_policy(run: Run, **policy: object) -> Run:
    names = [spec.name for spec in run.config.candidates]
    candidates = [{"name": name, "estimator": "linear"} for name in names]
    return run.model_copy(update={"config": make_config(candidates=candidates, policy=policy)})


LIMIT = {"constraints": [{"figure": "score_ms", "at_most": 5.0}]}
BOTH = {"objectives": [{"figure": "roc_auc"}, {"figure": "score_ms", "weight": 3.0}]}
THREE = (make_timed("alpha", 0.9, 50.0), make_timed("beta", 0.8, 4.0), make_timed("gamma", 0.7, 3.0))


def test_a_constraint_comes_before_the_metric(run: Run) -> None:
    challenger = select(with_policy(run, **LIMIT), THREE)
    assert [each.name for each in challenger.leaderboard] == ["beta", "gamma", "alpha"]
    assert challenger.placings[-1].broken == ("score_ms is 50, at most 5 is allowed",)
    assert challenger.reason == (
        "beta has the best roc_auc on validation, 0.8 (next gamma 0.7); 1 broke a constraint of the policy"
    )


def test_several_objectives_choose_by_points_on_the_front(run: Run) -> None:
    challenger = select(with_policy(run, **BOTH), THREE)
    assert challenger.name == "beta"
    assert challenger.reason == (
        "beta has 0.859 of 1 point, the most on a Pareto front of 3 candidates (next gamma 0.75)"
    )


def test_one_objective_of_another_kind_is_named(run: Run) -> None:
    challenger = select(with_policy(run, objectives=[{"figure": "score_ms"}]), THREE)
    assert challenger.reason == "gamma is the best in score_ms, the policy's objective"


def test_alone_on_the_front_is_said_so(run: Run) -> None:
    challenger = select(with_policy(run, **BOTH), (make_timed("alpha", 0.9, 1.0), *THREE[1:]))
    assert challenger.reason == "alpha is alone on the Pareto front of 3 candidates"


def test_when_none_meets_the_policy_the_run_goes_on_and_says_why(run: Run) -> None:
    every = tuple(make_timed(name, score, 9.0) for name, score in (("alpha", 0.7), ("beta", 0.9), ("gamma", 0.8)))
    challenger = select(with_policy(run, **LIMIT), every)
    assert challenger.name == "beta"
    assert challenger.reason == (
        "no candidate meets the policy; the best of them is beta, but score_ms is 9, at most 5 is allowed"
    )


def test_the_lost_are_last_and_are_not_placed(run: Run) -> None:
    lost = make_candidate("alpha", failure="it hung")
    challenger = select(with_policy(run, **BOTH), (lost, *THREE[1:]))
    assert {each.name for each in challenger.placings} == {"beta", "gamma"}
    assert challenger.leaderboard[-1].name == "alpha"


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (0, "`ingest` did not finish"),
        (1, "`check` did not finish"),
        (2, "`split` did not finish"),
        (3, r"not one task of `train` finished \(alpha, beta, gamma\)"),
    ],
)
def test_without_candidates_the_step_that_failed_is_named(run: Run, kept: int, said: str) -> None:
    steps = (("ingest", make_table()), ("check", make_data_report()), ("split", make_split()))
    for name, record in steps[:kept]:
        keep_record(run, name, record)
    with pytest.raises(TrainingError, match=f"no candidate was trained.*{said}"):
        select(run, ())


def with_folds(name: str, *scores: float, estimator: str = "linear", parameters: str = "{}") -> Candidate:
    one = make_candidate(name, sum(scores) / len(scores))
    return replace(one, folds=scores, estimator=estimator, parameters=parameters)


BEST = (0.90, 0.92, 0.91)
CLOSE, BEHIND, FAR = (0.91, 0.90, 0.91), (0.897, 0.917, 0.907), (0.80, 0.82, 0.81)


def keep_champion(run: Run, name: str, **changes: object) -> None:
    """Let the search have found a champion, which was made of these candidates."""
    every = [
        with_folds("alpha", *BEST, parameters='{"C": 3}'),
        with_folds("beta", *BEST),
        with_folds("gamma", *BEST, estimator="blend", parameters='{"alpha": 0.5, "beta": 0.5}'),
        with_folds("gone", *BEST),
    ]
    board = tuple(replace(each, **changes) if each.name == name else each for each in every)  # type: ignore[arg-type]
    split, own = make_split(), next(each for each in board if each.name == name)
    keep_record(run, "split", split)
    recipe = describe_recipe(run.config, own, board, split)
    keep_record(run, "search", Search(trials=(), chosen=(), reason="", champion=recipe))


@pytest.mark.parametrize(
    ("champion", "own", "blend", "chosen"),
    [
        (None, CLOSE, FAR, "alpha"),
        (None, FAR, CLOSE, "gamma"),
        (None, FAR, BEHIND, "gamma"),  # behind for sure, and by less than a twentieth of what the best lacks
        (None, FAR, FAR, "alpha"),
        (("beta", {}), CLOSE, CLOSE, "beta"),
        (("beta", {}), BEHIND, FAR, "alpha"),  # better for sure, if little: the champion's recipe gives way
        (("beta", {"parameters": '{"C": 2}'}), CLOSE, FAR, "alpha"),  # other recipes of the same name
        (("beta", {"estimator": "prior"}), CLOSE, FAR, "alpha"),
        (("beta", {"window": TrainingWindow(rows=50)}), CLOSE, FAR, "alpha"),
        (("beta", {"since_change": True}), CLOSE, FAR, "alpha"),
        (("gone", {}), CLOSE, FAR, "alpha"),
        (("gamma", {}), CLOSE, CLOSE, "gamma"),
    ],
)
def test_the_champions_recipe_and_then_a_blend_are_taken_where_they_are_as_good(
    run: Run,
    champion: tuple[str, dict[str, object]] | None,
    own: tuple[float, ...],
    blend: tuple[float, ...],
    chosen: str,
) -> None:
    if champion:
        keep_champion(run, champion[0], **champion[1])
    candidates = (
        with_folds("alpha", *BEST, parameters='{"C": 3}'),
        with_folds("beta", *own),
        with_folds("gamma", *blend, estimator="blend", parameters='{"alpha": 0.5, "beta": 0.5}'),
    )
    challenger = select(run, candidates)
    assert challenger.name == challenger.leaderboard[0].name == challenger.placings[0].name == chosen
    assert ("within chance" in challenger.reason) == (chosen != "alpha")


def test_a_policy_of_its_own_prefers_nothing_else(run: Run) -> None:
    candidates = (with_folds("alpha", *BEST), with_folds("gamma", *CLOSE, estimator="blend"))
    policy = {"objectives": [{"figure": "roc_auc"}]}
    assert select(run.model_copy(update={"config": make_config(policy=policy)}), candidates).name == "alpha"
    short = with_folds("gamma", *CLOSE[:1], estimator="blend")
    assert select(run, (candidates[0], replace(short, folds=()))).name == "alpha"
