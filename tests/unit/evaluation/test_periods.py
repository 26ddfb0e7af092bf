"""The holdout is cut into periods."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_comparison, make_frame, make_labels, make_scores
from builders.runs import make_config
from ratchet.evaluation.periods import cut_periods, measure_periods
from ratchet.records.columns import TIME

DAYS = pd.date_range("2026-01-01", periods=400, freq="D", tz="UTC")


def rows_of(frame, count=4):
    return [chunk.rows.tolist() for chunk in cut_periods(frame, count)]


def measure_of(comparison=None, **evaluation):
    config = make_config(evaluation=evaluation)
    comparison = comparison or make_comparison(config)
    return measure_periods(comparison, cut_periods(comparison.frame, config.evaluation.periods))


def test_rows_without_a_clock_are_cut_by_their_order():
    chunks = cut_periods(make_frame(10), 4)
    assert [len(each.rows) for each in chunks] == [2, 3, 3, 2]
    assert np.concatenate([each.rows for each in chunks]).tolist() == list(range(10))
    assert [each.name for each in chunks][:1] == ["period 1 of 4"]
    assert {each.time_from for each in chunks} == {None}


def test_rows_with_a_clock_are_cut_by_time_whatever_their_order():
    frame = make_frame(400).assign(**{TIME: DAYS[::-1]})
    first, *_, last = cut_periods(frame, 4)
    assert first.rows.tolist() == list(range(399, 299, -1))
    assert (first.time_from, last.time_to) == (datetime(2026, 1, 1, tzinfo=UTC), DAYS[-1].to_pydatetime())


def test_rows_of_one_time_stay_together():
    frame = pd.DataFrame({TIME: DAYS[[0, 0, 0, 1, 1, 1, 1, 2]]})
    assert rows_of(frame, 2) == [[0, 1, 2], [3, 4, 5, 6, 7]]
    assert len(rows_of(frame.assign(**{TIME: DAYS[0]}), 4)) == 1


@pytest.mark.parametrize(("rows", "parts"), [(0, 0), (1, 1), (3, 3)])
def test_few_rows_make_few_periods(rows, parts):
    assert len(cut_periods(pd.DataFrame({"age": np.zeros(rows)}), 4)) == parts
    assert len(cut_periods(pd.DataFrame({TIME: DAYS[:rows]}), 4)) == parts


def test_a_row_without_a_time_comes_last():
    frame = pd.DataFrame({TIME: [pd.NaT, DAYS[1], DAYS[0], DAYS[2]]})
    assert rows_of(frame, 2) == [[2, 1], [3, 0]]
    lost = cut_periods(pd.DataFrame({TIME: pd.Series([pd.NaT] * 4, dtype="datetime64[ns, UTC]")}), 2)
    assert {each.time_from for each in lost} == {None}


def test_nanoseconds_are_left_out():
    frame = pd.DataFrame({TIME: [pd.Timestamp("2026-01-01T00:00:00.000000001Z"), DAYS[1]]})
    assert cut_periods(frame, 2)[0].time_from == datetime(2026, 1, 1, tzinfo=UTC)


def test_each_period_has_a_figure_for_both():
    found = measure_of()
    assert (found.metric, len(found.periods), found.problem) == ("roc_auc", 4, None)
    figures = [each.challenger for each in found.periods]
    assert found.challenger.spread == pytest.approx(max(figures) - min(figures))
    assert found.challenger.median == pytest.approx(np.median(figures))
    assert found.challenger.lower <= found.challenger.median <= found.challenger.upper
    assert found.champion.spread > 0


def test_without_a_champion_there_is_one_side():
    found = measure_of(make_comparison(champion=None))
    assert found.champion is None
    assert found.challenger is not None


def test_a_period_of_one_class_has_no_figure_and_leaves_no_quartiles():
    labels = np.sort(make_labels())
    found = measure_of(make_comparison(labels=labels, challenger=make_scores(labels)))
    assert found.periods[0].challenger is None
    assert found.challenger is None


def test_no_periods_are_asked_for():
    assert measure_of(periods=1) is None


def test_rows_of_one_time_are_a_problem():
    comparison = make_comparison(frame=make_frame(400).assign(**{TIME: DAYS[0]}))
    assert measure_of(comparison).problem == "400 rows of so few times can't be cut into 4 periods"
