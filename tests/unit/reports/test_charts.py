"""Lines lie where their figures are, upwards, and end at the edge of the scale."""

from ratchet.reports.charts import Series, make_axis, trace_band, trace_line
from ratchet.reports.scale import Scale

X, Y = make_axis("x", Scale(low=0.0, high=10.0)), make_axis("y", Scale(low=0.0, high=1.0))


def test_larger_is_further_right_and_further_up() -> None:
    line = Series(name="a", style="own", points=((0.0, 0.0), (5.0, 0.25), (10.0, 1.0)))
    assert trace_line(line, X, Y).path == "0,100 50,75 100,0"


def test_what_has_no_figure_is_left_out_and_what_is_beyond_ends_at_the_edge() -> None:
    line = Series(name="a", style="own", points=((0.0, None), (20.0, 3.0), (5.0, 0.5)))
    assert trace_line(line, X, Y).path == "100,0 50,50"


def test_a_band_goes_there_on_top_and_back_below() -> None:
    assert trace_band("near", [(0.0, 0.2, 0.4), (10.0, 0.6, 0.8)], X, Y).path == "0,60 100,20 100,40 0,80"


def test_an_axis_has_round_figures() -> None:
    assert [each.text for each in X.labels] == ["0", "2", "4", "6", "8", "10"]
    assert X.labels[1].at == 20
