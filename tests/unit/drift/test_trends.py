import pytest

from ratchet.drift.trends import find_trends


@pytest.mark.parametrize(
    ("effects", "rises"),
    [
        ([0.0, 0.1, 0.2, 0.3], 3),
        ([0.5, 0.1, 0.2, 0.3], None),
        ([0.5, 0.0, 0.1, 0.2, 0.3], 3),
        ([0.1, 0.2, 0.3, 0.3], None),
        ([0.1, 0.2, 0.3, 0.2], None),
        ([0.0, None, 0.1, 0.2], None),
        ([0.1], None),
        ([], None),
    ],
)
def test_a_trend_rises_in_each_window_up_to_the_last(effects, rises):
    trends = find_trends([{"x": effect} for effect in effects], windows=3)
    assert [trend.windows for trend in trends] == ([] if rises is None else [rises])


def test_a_trend_says_from_where_to_where_and_how_often_by_chance():
    (trend,) = find_trends([{"x": effect} for effect in (0.9, 0.0, 0.1, 0.2, 0.3)], windows=2)
    assert (trend.column, trend.first, trend.last) == ("x", 0.0, 0.3)
    assert trend.p_value == pytest.approx(1 / 24)
