"""The holdouts of past champions are found in their run folders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.records import (
    make_candidate,
    make_challenger,
    make_evaluation,
    make_gain,
    make_no_promotion,
    make_part,
    make_promotion,
    make_ref,
    make_split,
    make_verdict,
)
from builders.runs import STARTED, make_config, make_run
from ratchet.artifacts.past_runs import (
    PastSettings,
    describe_recipe,
    find_holdout_history,
    find_past_gains,
    find_past_holdouts,
    find_renewal,
    find_settings,
    rank_trials,
)
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.records.data import Change, Table
from ratchet.records.judgement import Renewal
from ratchet.records.modelling import Refit, Search, TrainingWindow, Trial

SPLIT = make_split()
LATER = make_split(
    holdout=make_part("later", time_from=datetime(2026, 1, 1, tzinfo=UTC), time_to=datetime(2026, 2, 1, tzinfo=UTC))
)


def keep_champion(home, number, *, promotion=None, holdout=None, evaluation=None):
    """A run that made a champion, an hour after the one before it."""
    run = make_run(home, run_id=f"run-{number}", started=STARTED + timedelta(hours=number))
    keep_record(run, "run", run)
    file = make_ref(f"runs/sales/run-{holdout or number}/holdout.parquet")
    keep_record(run, "split", make_split(holdout=replace(make_part("holdout"), file=file)))
    keep_record(run, "evaluate", evaluation or make_evaluation())
    keep_record(run, "promote", promotion or make_promotion())
    return run


def find(home, *, champion_run=None, wanted=3, config=None, since=None):
    run = make_run(home, config, run_id="today", started=STARTED + timedelta(days=9))
    return find_past_holdouts(run, champion_run=champion_run, wanted=wanted, since=since)


def test_an_empty_home_has_none(tmp_path):
    assert find(tmp_path) == ()


def test_the_newest_champions_are_found_with_their_floors(tmp_path):
    for number in range(1, 6):
        keep_champion(tmp_path, number)
    found = find(tmp_path)
    assert [each.run_id for each in found] == ["run-5", "run-4", "run-3"]
    assert {(each.floor, each.problem) for each in found} == {(0.9162, None)}
    assert found[0].split.holdout.file.path == "runs/sales/run-5/holdout.parquet"


def test_todays_champion_comes_first_also_after_a_rollback(tmp_path):
    for number in range(1, 4):
        keep_champion(tmp_path, number)
    assert [each.run_id for each in find(tmp_path, champion_run="run-1", wanted=2)] == ["run-1", "run-3"]


@pytest.mark.parametrize(
    ("since", "champion_run", "expected"),
    [
        (None, None, ["run-3", "run-2", "run-1"]),
        (datetime(2026, 1, 15, tzinfo=UTC), None, ["run-3", "run-2"]),
        (datetime(2026, 2, 1, tzinfo=UTC), None, ["run-3"]),  # a holdout that begins with the change holds rows before
        (datetime(2026, 9, 1, tzinfo=UTC), None, []),
        (datetime(2026, 9, 1, tzinfo=UTC), "run-2", ["run-2"]),
    ],
)
def test_after_a_change_what_was_before_is_to_be_forgotten(tmp_path, since, champion_run, expected):
    for number in range(1, 4):
        run = keep_champion(tmp_path, number)
        file = make_ref(f"runs/sales/run-{number}/holdout.parquet")
        begun = make_part("holdout", time_from=datetime(2026, number, 1, tzinfo=UTC))
        keep_record(run, "split", make_split(holdout=replace(begun, file=file)))
    assert [each.run_id for each in find(tmp_path, since=since, champion_run=champion_run)] == expected


def test_a_run_that_promoted_nothing_is_none(tmp_path):
    keep_champion(tmp_path, 1, promotion=make_no_promotion())
    assert find(tmp_path) == ()


def test_the_run_itself_is_none(tmp_path):
    run = keep_champion(tmp_path, 1)
    assert find_past_holdouts(run, champion_run=None, wanted=3) == ()


def test_the_same_rows_are_looked_at_once(tmp_path):
    keep_champion(tmp_path, 1)
    keep_champion(tmp_path, 2, holdout=1)
    keep_champion(tmp_path, 3)
    assert [each.run_id for each in find(tmp_path)] == ["run-3", "run-2"]


def test_a_champion_whose_run_is_gone_has_a_problem(tmp_path):
    (only,) = find(tmp_path, champion_run="run-7")
    assert only.problem == "the records of run run-7 are gone, so its holdout is not known"


def test_a_damaged_record_is_a_problem_of_that_run_only(tmp_path):
    for number in (1, 2):
        run = keep_champion(tmp_path, number)
    folder_of(run).file("split.json").write_text("{")
    newest, older = find(tmp_path)
    assert "is not a Split record" in newest.problem
    assert older.problem is None
    folder_of(run).file("promote.json").write_text("[]")
    assert [each.run_id for each in find(tmp_path)] == ["run-1"]


def test_a_metric_that_was_not_measured_then_is_a_problem(tmp_path):
    keep_champion(tmp_path, 1, evaluation=make_evaluation(metrics=()))
    (only,) = find(tmp_path, config=make_config(evaluation={"metric": "brier"}))
    assert only.problem == "run run-1 has no figure in brier"


def test_none_are_looked_for_when_none_are_wanted(tmp_path):
    keep_champion(tmp_path, 1)
    assert find(tmp_path, champion_run="run-1", wanted=0) == ()


def keep_run(home, run_id, split=SPLIT, *, judged=True, model="sales"):
    run = make_run(home, make_config(model=model), run_id=run_id)
    keep_record(run, "run", run)
    if split is not None:
        keep_record(run, "split", split)
    if judged:
        keep_record(run, "evaluate", make_evaluation())
    return run


def history_of(home, run_id="now"):
    return find_holdout_history(make_run(home, run_id=run_id), SPLIT)


def test_the_first_run_is_the_first_use(tmp_path):
    assert history_of(tmp_path).uses == 1


def test_runs_that_judged_on_the_same_rows_are_counted(tmp_path):
    keep_run(tmp_path, "a")
    keep_run(tmp_path, "b")
    history = history_of(tmp_path)
    assert (history.uses, sorted(history.same_rows)) == (3, ["a", "b"])


def test_a_run_that_is_tried_again_counts_once(tmp_path):
    keep_run(tmp_path, "now")
    assert history_of(tmp_path).uses == 1


@pytest.mark.parametrize("changes", [{"judged": False}, {"model": "other"}])
def test_runs_that_never_judged_and_other_models_do_not_count(tmp_path, changes):
    keep_run(tmp_path, "a", **changes)
    assert history_of(tmp_path).uses == 1


def test_a_holdout_that_overlaps_in_time_is_told_but_not_counted(tmp_path):
    part = SPLIT.holdout
    keep_run(tmp_path, "overlapping", replace(SPLIT, holdout=replace(LATER.holdout, time_from=part.time_to)))
    keep_run(tmp_path, "apart", LATER)
    history = history_of(tmp_path)
    assert (history.uses, history.overlapping) == (1, ("overlapping",))


def test_holdouts_without_a_clock_do_not_overlap(tmp_path):
    keep_run(tmp_path, "a", replace(SPLIT, holdout=replace(LATER.holdout, time_from=None, time_to=None)))
    assert history_of(tmp_path).overlapping == ()


@pytest.mark.parametrize("text", ["{", "[]", None])
def test_a_damaged_split_counts_as_a_use(tmp_path, text):
    run = keep_run(tmp_path, "a", None)
    if text is not None:
        folder_of(run).file("split.json").write_text(text)
    history = history_of(tmp_path)
    assert (history.uses, history.unreadable) == (2, ("a",))


def test_the_last_measured_gains_are_found_each_with_its_run(tmp_path):
    for number in range(1, 5):
        keep_champion(tmp_path, number)
    keep_champion(tmp_path, 5, evaluation=make_evaluation(champion_gain=make_gain(detectable=None)))
    keep_champion(tmp_path, 6, evaluation=make_evaluation(champion_gain=make_gain(metric="log_loss")))
    keep_champion(tmp_path, 7, evaluation=make_evaluation(champion_gain=None))
    run = make_run(tmp_path, run_id="today", started=STARTED + timedelta(days=9))
    found = find_past_gains(run, 3)
    assert [run_id for run_id, _ in found] == ["run-4", "run-3", "run-2"]
    assert found[0][1] == make_evaluation().champion_gain


YEAR = datetime(2025, 1, 1, tzinfo=UTC)
CLOCKLESS = {"time_from": None, "time_to": None}


def at(day):
    return YEAR + timedelta(days=day)


def make_table(days, **changes):
    facts = {"time_from": YEAR, "time_to": at(days), "rows": days * 100} | changes
    return Table(file=make_ref(), fingerprint="f", columns=(), source="", **facts)


def keep_known(home, run_id, days, *, config=None, challenger=None, refitted=True, renews=None, **table):
    """A run that knows so many days, 70 of 100 of them to train on."""
    run = make_run(home, config, run_id=run_id)
    known = make_table(days, **table)
    has_clock = known.time_to is not None
    train = {"time_from": YEAR, "time_to": at(0.7 * days)} if has_clock else CLOCKLESS
    split = make_split(train=make_part("train", rows=days * 70, **train))
    model = make_ref() if refitted else None
    keep_record(run, "run", run)
    keep_record(run, "ingest", known)
    keep_record(run, "split", split)
    keep_record(run, "select", challenger or make_challenger())
    keep_record(run, "decide", make_verdict(renews=renews))
    keep_record(run, "refit", Refit(twin_sha256="t", model=model, reason="why"))
    return run, split


def renew(home, days=200, *, config=None, challenger=None, **table):
    run, split = keep_known(home, "today", days, config=config, **table)
    return find_renewal(run, challenger or make_challenger(), split, made_by="first")


@pytest.mark.parametrize(("days", "unlearnt"), [(200, 0.5), (125, 0.2), (100, 0.0), (90, 0.0)])
@pytest.mark.parametrize("clock", [{}, CLOCKLESS])
def test_what_a_champion_has_missed_is_a_share_of_time_or_of_rows(tmp_path, days, unlearnt, clock):
    keep_known(tmp_path, "first", 100, **clock)
    assert renew(tmp_path, days, **clock) == Renewal(unlearnt=pytest.approx(unlearnt))


def test_a_champion_that_was_not_refitted_has_missed_its_validation_and_holdout_too(tmp_path):
    keep_known(tmp_path, "first", 100, refitted=False)
    assert renew(tmp_path, 100).unlearnt == pytest.approx(0.3)
    assert renew(tmp_path, 100, config=make_config(refit={"on": "train"})).unlearnt == 0


def test_after_a_change_only_what_is_learnt_since_counts(tmp_path):
    since = make_candidate(since_change=True)
    keep_known(tmp_path, "first", 100, challenger=make_challenger(leaderboard=(since,)))
    run, split = keep_known(tmp_path, "today", 200)
    changed = replace(split, change=Change(at=at(80), rows=1000, before=0.1, after=0.4, run_id="first"))
    found = find_renewal(run, make_challenger(leaderboard=(since,)), changed, made_by="first")
    assert found.unlearnt == pytest.approx(100 / 120)


def test_a_renewal_of_a_renewal_remembers_what_was_last_shown_to_be_better(tmp_path):
    keep_known(tmp_path, "first", 100, renews=4)
    assert renew(tmp_path).proven == 4


@pytest.mark.parametrize(
    ("config", "candidate", "by"),
    [
        ({}, {"estimator": "xgboost"}, "estimator"),
        ({}, {"parameters": "{}"}, "parameters"),
        ({}, {"since_change": True}, "window"),
        ({}, {"window": TrainingWindow(rows=9000)}, "window"),
        ({"data": {"features": {"age": "numeric"}}}, {}, "features"),
        ({"split": {"window": "90d"}}, {}, "window"),
        ({"calibration": {"method": "sigmoid"}}, {}, "calibration"),
    ],
)
def test_another_recipe_renews_nothing(tmp_path, config, candidate, by):
    keep_known(tmp_path, "first", 100)
    challenger = make_challenger(leaderboard=(make_candidate(**candidate),))
    found = renew(tmp_path, config=make_config(**config), challenger=challenger)
    assert found == Renewal(problem=f"it is another recipe than the champion's, by {by}")


@pytest.mark.parametrize(
    ("member", "by"),
    [({}, None), ({"parameters": '{"C": 2}'}, "its member linear"), ({"estimator": "prior"}, "its member linear")],
)
def test_a_blend_of_other_members_is_another_recipe(tmp_path, member, by):
    def blended(**changes):
        blend = make_candidate("blend", estimator="blend", parameters='{"linear": 0.5, "xgboost": 0.5}')
        others = make_candidate("linear", **changes), make_candidate("xgboost"), make_candidate("lost", **changes)
        return make_challenger(name="blend", leaderboard=(blend, *others))

    keep_known(tmp_path, "first", 100, challenger=blended())
    found = renew(tmp_path, challenger=blended(**member))
    assert found.problem == (by and f"it is another recipe than the champion's, by {by}")


def make_trial(parameters, *scores, failure=None, **window):
    return Trial(name="one", parameters=parameters, window=TrainingWindow(**window), scores=scores, failure=failure)


def test_settings_are_ranked_by_their_gain_over_the_yamls_halved_for_each_run_since():
    newest = (make_trial("{}", 0.4, 0.6), make_trial("a", 0.6, 0.6), make_trial("given up", 0.9, failure="given up"))
    older = (
        make_trial("{}", 0.1, 0.1),
        make_trial("{}", 0.2, 0.2, rows=50),
        make_trial("b", 0.5, 0.5, rows=50),
        make_trial("lost", failure="it was killed", rows=50),
    )
    ranked = rank_trials([newest, (), older, (make_trial("c", 0.9), make_trial("d", 0.9))])
    assert [(each.parameters, gain) for each, gain in ranked] == [
        ("given up", pytest.approx(0.3)),  # over the newest block of the YAML's settings
        ("a", pytest.approx(0.1)),
        ("b", pytest.approx(0.075)),
        ("d", 0.0),
    ]


def test_what_earlier_runs_found_is_read_with_the_champions_settings(tmp_path):
    def keep(number, *trials, **records):
        run = make_run(tmp_path, run_id=f"run-{number}", started=STARTED - timedelta(days=number))
        found = Search(trials=trials, chosen=(), reason="")
        for name, record in {"run": run, "search": found, **records}.items():
            keep_record(run, name, record)

    keep(1, make_trial("{}", 0.5), make_trial("a", 0.6), select=make_challenger(name="newer"), split=SPLIT)
    keep(2, select=make_challenger(), split=SPLIT)
    keep(-1, make_trial("{}", 0.5), make_trial("b", 0.9))  # it began later
    found = find_settings(make_run(tmp_path, run_id="today"), made_by="run-2")
    assert [each.parameters for each, _ in found.trials] == ["a"]
    assert found.champion.candidate == make_challenger().candidate
    assert found.champion.recipe == describe_recipe(
        found.champion.run.config, make_challenger().candidate, make_challenger().leaderboard, SPLIT
    )
    assert found.champions == {each.name: each.parameters for each in make_challenger().leaderboard}
    empty = make_run(tmp_path / "empty")
    assert find_settings(empty, made_by=None) == PastSettings(champion=None, trials=())
    assert find_settings(empty, made_by="gone") == PastSettings(champion=None, trials=())


@pytest.mark.parametrize(
    ("changes", "is_same"), [({"time_limit": "5min"}, True), ({"resample": {"negatives_per_positive": 3.0}}, False)]
)
def test_limits_of_a_fit_are_no_part_of_a_recipe(tmp_path, changes, is_same):
    first, today = (
        make_config(candidates=[{"name": "boosting", "estimator": "hist_gradient_boosting"} | each])
        for each in ({}, changes)
    )
    keep_known(tmp_path, "first", 100, config=first)
    assert (renew(tmp_path, config=today).problem is None) == is_same


def test_a_window_that_was_found_is_a_share_of_the_rows(tmp_path):
    """A quarter of the rows is the same recipe when there are more, and what it learns is missed four times as soon."""
    boosting = make_config(candidates=[{"name": "boosting", "estimator": "hist_gradient_boosting"}])

    def windowed(days):
        rows = (days * 70 + 7_200) // 4  # train and validation
        return make_challenger(leaderboard=(make_candidate(window=TrainingWindow(rows=rows)),))

    keep_known(tmp_path, "first", 1000, config=boosting, challenger=windowed(1000))
    found = renew(tmp_path, 1050, config=boosting, challenger=windowed(1050))
    assert found.problem is None
    assert 0.18 < found.unlearnt < 0.25
    other = renew(tmp_path, 1050, config=boosting, challenger=windowed(2100))
    assert other.problem == "it is another recipe than the champion's, by window"


@pytest.mark.parametrize("name", ["run", "decide", "select", "split"])
@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_champion_whose_records_are_gone_or_damaged_is_not_renewed(tmp_path, name, is_damaged):
    run, _ = keep_known(tmp_path, "first", 100)
    path = folder_of(run).file(f"{name}.json")
    path.write_text("{}") if is_damaged else path.unlink()
    assert renew(tmp_path).problem == "run first, which made the champion, has no readable records any more"


def test_without_the_snapshot_s_record_nobody_knows_what_was_missed(tmp_path):
    run, _ = keep_known(tmp_path, "first", 100)
    folder_of(run).file("ingest.json").unlink()
    assert renew(tmp_path) == Renewal()


def test_a_challenger_that_is_not_on_its_own_leaderboard_renews_nothing(tmp_path):
    keep_known(tmp_path, "first", 100)
    assert renew(tmp_path, challenger=make_challenger(leaderboard=())).problem is not None
