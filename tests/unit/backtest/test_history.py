"""What a replay knows of a change at a time."""

from pathlib import Path

import numpy as np
import pytest

from builders.backtests import ROWS_A_DAY, make_replay_run, make_replayed, write_history
from ratchet.backtest.history import History, find_change, read_history
from ratchet.backtest.past_models import make_past_model
from ratchet.config.run import Run
from ratchet.models.labels import Floats
from ratchet.stages.ingest import ingest
from ratchet.timeline import to_number

TURN = 55  # the day on which the feature begins to mean the opposite


def make(folder: Path, **changes: object) -> tuple[Run, History, Floats]:
    """A history, and what the first model says of it."""
    write_history(folder, turn=TURN)
    run = make_replay_run(folder, make_replayed(**changes))
    history = read_history(run, ingest(run))
    _, scores = make_past_model(run, history, 0)
    assert scores is not None
    return run, history, scores.judged


def test_a_turn_is_found_once_enough_rows_since_it_are_known_and_not_before(tmp_path):
    _, history, first = make(tmp_path)
    found = [find_change(history, first, period) for period in range(1, history.timeline.periods)]
    turn = TURN * ROWS_A_DAY
    for period, at in enumerate(found, start=1):
        known = history.known_at(period)
        if len(known) <= turn:
            assert at is None
        if at is not None:
            assert abs(int((history.moments <= to_number(at)).sum()) - turn) < 3 * ROWS_A_DAY
    assert found[0] is None
    assert found[-1] is not None


def test_labels_that_are_not_known_yet_are_not_looked_at(tmp_path):
    _, history, first = make(tmp_path, data={"label_delay": "2d"})
    period = next(each for each in range(1, history.timeline.periods) if find_change(history, first, each))
    is_known = np.zeros(len(history.labels), dtype=bool)
    is_known[history.known_at(period)] = True
    assert not is_known.all()
    poisoned = np.where(is_known, history.labels, 1 - history.labels)
    then = find_change(history, first, period)
    history.__dict__["labels"] = poisoned
    assert find_change(history, first, period) == then


@pytest.mark.parametrize("split", [{"recover": False}, {"method": "random", "window": None}])
def test_where_a_run_looks_for_no_change_the_replay_finds_none(tmp_path, split):
    asked = {"validation": 0.1, "holdout": 0.1, "window": "21d"} | split
    _, history, first = make(tmp_path, split=asked)
    assert all(find_change(history, first, period) is None for period in range(history.timeline.periods))


def test_after_a_change_the_rows_since_teach_and_judge(tmp_path):
    run, history, first = make(tmp_path, split={"validation": 0.1, "holdout": 0.1})
    period = next(each for each in range(1, history.timeline.periods) if find_change(history, first, each))
    since = find_change(history, first, period)
    plain, _ = make_past_model(run, history, period)
    recovered, _ = make_past_model(run, history, period, since=since)
    assert plain.since is None
    assert recovered.since == since
    assert (history.moments[history.divide(period, since).holdout] > to_number(since)).all()
    assert recovered.errors[period] < 0.7 * plain.errors[period]
