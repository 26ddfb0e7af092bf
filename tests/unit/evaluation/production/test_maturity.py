"""Which rows are old enough to be judged."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from builders.matured import DAYS, learn, make_production, tick
from builders.observations import KNOWN_AT, after, draw_stream, without_clock
from ratchet.evaluation.production.maturity import find_surprise
from ratchet.evaluation.production.rows import Calendar
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
