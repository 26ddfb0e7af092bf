"""How many rows each known label stands for."""

import numpy as np
import pandas as pd
import pytest

from builders.matured import learn, make_production
from builders.observations import KNOWN_AT, after, draw_regression, draw_stream
from ratchet.evaluation.production.rows import SegmentColumn
from ratchet.evaluation.production.weights import find_kinds, weigh_labels
from ratchet.timeline import DAY

LATE = ((1, 10), (10, 45))


def test_a_label_stands_for_itself_where_all_have_come():
    rows = make_production(draw_stream(days=20), after(20))
    weights = weigh_labels(rows, learn(rows, after(20)))
    assert set(weights[rows.is_known]) == {1.0}
    assert not weights[~rows.is_known].any()


@pytest.mark.parametrize("seed", range(3))
def test_late_positives_are_made_up_for(seed):
    stream = draw_stream(delays=LATE, per_day=400, seed=seed)
    rows = make_production(stream, after(90))
    maturity = learn(rows, after(90), share=0.8)
    weights = weigh_labels(rows, maturity)
    chosen = slice(*np.searchsorted(rows.ticks, [maturity.until - 7 * DAY, maturity.until]))
    truth = (stream["label"] == "yes").to_numpy()[chosen].mean()
    known = rows.is_known[chosen]
    naive = rows.labels[chosen][known].mean()
    ours = np.average(rows.labels[chosen][known], weights=weights[chosen][known])
    assert naive < truth - 0.05
    assert ours == pytest.approx(truth, abs=0.02)


def test_the_weights_of_a_window_add_up_to_its_rows():
    rows = make_production(draw_stream(delays=LATE, per_day=400), after(90))
    maturity = learn(rows, after(90))
    weights = weigh_labels(rows, maturity)
    chosen = rows.ticks < maturity.until
    assert weights[chosen].sum() == pytest.approx(chosen.sum(), rel=0.01)


def test_no_label_stands_for_more_than_twenty_rows():
    rows = make_production(draw_stream(delays=LATE, per_day=400), after(90))
    assert weigh_labels(rows, learn(rows, after(90))).max() == pytest.approx(20.0)  # the youngest reach the limit


def test_classes_are_kinds_and_decisions_too_where_labels_suffice():
    many = make_production(draw_stream(days=60, per_day=100), after(60))
    few = make_production(draw_stream(days=6, per_day=60), after(6))
    assert len(np.unique(find_kinds(many)[many.is_known])) == 4
    assert set(find_kinds(many)[~many.is_known]) == {-1}
    assert len(np.unique(find_kinds(few)[few.is_known])) < 4


def test_numbers_are_alike_by_their_quarter():
    rows = make_production(draw_regression(days=60), after(60))
    kinds = find_kinds(rows)[rows.is_known]
    assert len(np.unique(kinds)) == 4
    assert rows.labels[rows.is_known][kinds == kinds.min()].max() <= np.quantile(rows.labels[rows.is_known], 0.26)


def test_without_a_clock_a_label_stands_for_itself():
    stream = draw_stream(days=10).drop(columns=["_time", "label_known_at"])
    stream.loc[stream.index > 900, "label"] = None
    rows = make_production(stream, 1000)
    assert weigh_labels(rows, learn(rows, 1000, after=0)).sum() == 901


def test_a_rare_class_has_delays_of_its_own():
    stream = draw_stream(days=90, per_day=100, delays=((1, 10), (20, 45)))
    rare = stream[(stream["label"] == "no") | (stream["_row"] % 20 == 0)]
    rows = make_production(rare, after(90))
    maturity = learn(rows, after(90))
    weights = weigh_labels(rows, maturity)
    young = rows.is_known & (rows.labels == 1) & (maturity.ages(rows) < 32 * DAY)
    assert (rows.labels == 1).sum() < 200
    assert weights[young].min() > 1.5


def test_segments_are_kinds_of_their_own_where_labels_suffice():
    rows = make_production(draw_stream(days=60, per_day=100), after(60))
    codes = np.arange(len(rows)) % 2
    column = SegmentColumn(name="plan", codes=np.where(np.arange(len(rows)) % 50 == 0, -1, codes), names=("a", "b"))
    kinds = find_kinds(rows, (column,))
    assert len(np.unique(kinds[rows.is_known])) >= 8
    assert all(
        len({*codes[(kinds == kind) & (column.codes >= 0)]}) == 1 for kind in np.unique(kinds[rows.is_known])[-8:]
    )


def test_delays_that_hang_on_the_segment_are_made_up_for():
    stream = draw_stream(delays=((1, 10), (10, 45)), per_day=400)
    is_slow = stream["city"] == "Rome"
    wait = (stream[KNOWN_AT] - stream["_time"]) * 1.5
    stream[KNOWN_AT] = stream[KNOWN_AT].where(~is_slow, stream["_time"] + wait).astype("datetime64[us, UTC]")
    rows = make_production(stream, after(90))
    column = SegmentColumn(name="city", codes=pd.factorize(stream["city"])[0][: len(rows)], names=("a", "b", "c"))
    maturity = learn(rows, after(90), share=0.9)
    chosen = slice(*np.searchsorted(rows.ticks, [maturity.until - 7 * DAY, maturity.until]))
    slow, known = is_slow.to_numpy()[chosen], rows.is_known[chosen]
    truth = (stream["label"] == "yes").to_numpy()[chosen][slow].mean()
    told = [
        np.average(rows.labels[chosen][known & slow], weights=weights[chosen][known & slow])
        for weights in (weigh_labels(rows, maturity), weigh_labels(rows, maturity, (column,)))
    ]
    assert abs(told[1] - truth) < abs(told[0] - truth)
    assert told[1] == pytest.approx(truth, abs=0.03)
