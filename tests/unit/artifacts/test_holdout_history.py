"""Which runs have judged on a holdout before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from builders.records import make_evaluation, make_part, make_split
from builders.runs import make_config, make_run
from ratchet.artifacts.folder import folder_of
from ratchet.artifacts.history import keep_record
from ratchet.artifacts.holdout_history import find_holdout_history

SPLIT = make_split()
LATER = make_split(
    holdout=make_part("later", time_from=datetime(2026, 1, 1, tzinfo=UTC), time_to=datetime(2026, 2, 1, tzinfo=UTC))
)


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
