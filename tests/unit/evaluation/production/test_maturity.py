"""Which rows are old enough to be judged."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from builders.matured import DAYS, learn, make_judged, make_production, tick
from builders.observations import KNOWN_AT, after, draw_regression, draw_stream, without_clock
from ratchet.evaluation.production.delays import Curve
from ratchet.evaluation.production.maturity import Maturity, find_kinds, find_surprise, weigh_labels
from ratchet.evaluation.production.rows import Calendar, SegmentColumn
from ratchet.timeline import DAY

BLOCKS = Calendar(has_clock=False, period=100)
LATE = ((1, 10), (10, 45))  # positives come late


@pytest.mark.parametrize("days", [0, 1, 7])
def test_a_constant_delay_is_the_age_of_maturity(days):
    found = learn(make_production(draw_stream(days=30, delays=((days, days), (days, days))), after(30)), after(30))
    assert (found.until, found.share, found.warnings) == (tick(after(30 - days)), 1.0, ())


def test_the_age_is_that_by_which_the_share_has_come():
    found = learn(make_production(draw_stream(delays=((0, 20), (0, 20))), after(90)), after(90))
    assert (tick(after(90)) - found.until) / DAY == pytest.approx(19, abs=0.5)
    assert found.share == pytest.approx(0.95, abs=0.001)


def test_a_lower_share_is_reached_earlier():
    rows = make_production(draw_stream(delays=LATE), after(90))
    assert learn(rows, after(90), share=0.8).until > learn(rows, after(90)).until


def test_labels_that_never_come_do_not_keep_the_others_from_maturing_and_are_told():
    stream = draw_stream(days=60)
    stream[KNOWN_AT] = stream[KNOWN_AT].where(np.arange(len(stream)) % 5 > 0, pd.Timestamp(after(4000)))
    found = learn(make_production(stream, after(60)), after(60))
    assert (found.until, found.share) == (tick(after(59)), pytest.approx(0.8, abs=0.005))
    assert "20.0% of the labels have not come" in found.warnings[0]
    assert "not made up for" in found.warnings[0]


def test_while_labels_still_come_at_the_oldest_age_nothing_is_mature():
    found = learn(make_production(draw_stream(days=20, delays=((1, 30), (10, 60))), after(20)), after(20))
    assert found.until is None
    assert "labels still come" in found.problem


def test_an_age_that_somebody_said_is_taken():
    rows = make_production(draw_stream(days=20, delays=((1, 30), (10, 60))), after(20))
    found = learn(rows, after(20), after=12 * DAY)
    assert found.until == tick(after(8))
    assert 0.1 < found.share < 0.6


def test_ages_count_from_the_last_label_once_no_more_come():
    stream = draw_stream(days=40)
    stream.loc[stream[KNOWN_AT] > after(30), KNOWN_AT] = pd.Timestamp(after(4000))
    found = learn(make_production(stream, after(40)), after(40))
    assert found.until == pytest.approx(tick(after(29)), abs=DAY / 50)
    assert found.is_stalled
    assert "no label has come for 10 days" in found.warnings[0]
    assert found.warnings[0].endswith(" UTC")
    assert BLOCKS.tell_moment(2_600) == "row 2,600"


def test_labels_that_come_once_a_day_are_no_standstill():
    stream = draw_stream(days=40)
    stream[KNOWN_AT] = stream[KNOWN_AT].dt.ceil("D")
    found = learn(make_production(stream, after(39.9)), after(39.9))
    assert not found.is_stalled
    assert found.warnings == ()
    assert tick(after(36.9)) < found.until < tick(after(38.1))


@pytest.mark.parametrize(("days", "is_stalled"), [(5.5, False), (6.5, True)])
def test_labels_that_come_in_batches_stand_still_after_two_of_their_gaps(days, is_stalled):
    stream = draw_stream(days=40)
    batches = stream[KNOWN_AT].dt.ceil("3D")
    last = batches[batches <= pd.Timestamp(after(33))].max()
    stream[KNOWN_AT] = batches.where(batches <= last, pd.Timestamp(after(4000)))
    as_of = last.to_pydatetime() + timedelta(days=days)
    assert learn(make_production(stream, as_of), as_of).is_stalled is is_stalled


@pytest.mark.parametrize(
    ("labels", "words"), [(None, "none of 2,000 predictions"), ("rows", "there are no predictions")]
)
def test_without_a_label_nothing_is_mature(labels, words):
    stream = draw_stream(days=20)
    as_of = after(0) if labels == "rows" else after(20)
    stream[KNOWN_AT] = pd.Timestamp(after(4000))
    found = learn(make_production(stream, as_of), as_of)
    assert found.until is None
    assert found.problem.startswith(words)


def test_without_a_clock_rows_are_mature_up_to_where_labels_get_few():
    stream = without_clock(draw_stream(days=20))
    stream.loc[stream.index >= 1700, "label"] = None
    found = learn(make_production(stream, 2000), 2000, calendar=BLOCKS)
    assert found.until == 1700


@pytest.mark.parametrize(
    ("unlabelled", "every", "is_stalled"),
    [
        (range(1000, 2000), 1, True),
        (range(1300, 2000), 1, True),
        (range(1301, 2000), 1, False),  # less than a window
        (range(1990), 1, False),  # the newest have theirs
        (range(1000, 2000), 60, False),  # hardly any is due
        ([*range(100, 700), *range(1000, 2000)], 1, False),  # such stretches were seen before
    ],
)
def test_without_a_clock_a_newest_window_without_a_label_is_a_stop(unlabelled, every, is_stalled):
    stream = without_clock(draw_stream(days=20))
    stream.loc[stream.index.isin(unlabelled) | (stream.index % every > 0), "label"] = None
    found = learn(make_production(stream, 2000), 2000, calendar=BLOCKS)
    assert found.is_stalled is is_stalled
    assert any("newest" in each for each in found.warnings) is is_stalled
    assert not learn(make_production(stream, 2000), 2000, calendar=BLOCKS, after=1000).is_stalled


def test_without_a_clock_no_row_is_mature_after_the_last_label():
    stream = without_clock(draw_stream(days=20))
    stream.loc[stream.index >= 1997, "label"] = None  # 97 of the newest 100 labels are enough
    assert learn(make_production(stream, 2000), 2000, calendar=BLOCKS).until == 1997


def test_without_a_clock_labels_that_never_come_are_told():
    stream = without_clock(draw_stream(days=20))
    stream.loc[stream.index % 10 == 0, "label"] = None
    found = learn(make_production(stream, 2000), 2000, calendar=BLOCKS)
    assert found.until == 2000
    assert found.warnings == ("10.0% of the older labels have not come",)


@pytest.mark.parametrize(("slower", "is_told"), [(1, False), (3, True)])
def test_labels_that_come_later_than_before_are_told(slower, is_told):
    stream = draw_stream(delays=((0, 20), (0, 20)), per_day=300)
    late = stream["_time"] >= pd.Timestamp(after(60))
    delay = (stream[KNOWN_AT] - stream["_time"]) * slower
    stream[KNOWN_AT] = stream[KNOWN_AT].where(~late, stream["_time"] + delay).astype("datetime64[us, UTC]")
    rows = make_production(stream, after(90))
    old = make_production(stream[~late], after(90))
    found = learn(old, after(90))
    window = rows.between(found.until - 5 * DAY, found.until)
    told = find_surprise(window, found)
    assert (told is not None) is is_told
    assert told is None or "labels come later than they used to" in told


@pytest.mark.parametrize(("count", "is_told"), [(240, False), (241, True)])
def test_open_labels_surprise_beyond_four_standard_errors(count, is_told):
    """Of 400 labels that have come by half, 200 are open: the binomial's error is the root of 400 / 4, four are 40."""
    rows = make_judged(np.where(np.arange(400) < count, np.nan, 1.0), np.full(400, 0.5)).rows
    arrival = Curve(ages=np.array([0.0]), shares=np.array([0.5]))
    told = find_surprise(rows, Maturity(until=None, share=None, counted_from=DAY, arrival=arrival))
    assert (told is not None) is is_told


def test_lengths_are_written_in_words():
    assert [DAYS.tell(round(days * DAY)) for days in (0.5, 1, 20.04)] == ["12 hours", "1 days", "20 days"]
    assert BLOCKS.tell(1200) == "1,200 rows"
    assert DAYS.window(0, DAY).end - DAYS.window(0, DAY).start == timedelta(days=1)


def test_a_rare_class_that_is_late_as_a_whole_is_waited_for():
    stream = draw_stream(days=90, per_day=200, delays=((1, 10), (30, 40)))
    rare = stream[(stream["label"] == "no") | (stream["_row"] % 20 == 0)]
    share = (rare["label"] == "yes").mean()
    found = learn(make_production(rare, after(90)), after(90))
    assert share < 0.05  # 95 % of the labels are there without any of them
    assert (tick(after(90)) - found.until) / DAY == pytest.approx(35, abs=1)


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


@pytest.mark.parametrize(("labels", "kinds"), [(200, 2), (199, 1)])
def test_a_decision_is_a_kind_from_two_hundred_labels_on(labels, kinds):
    decisions = np.repeat([0.0, 1.0], labels)
    rows = make_judged(np.ones(2 * labels), decisions, decisions=decisions).rows
    assert len(np.unique(find_kinds(rows))) == kinds


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
