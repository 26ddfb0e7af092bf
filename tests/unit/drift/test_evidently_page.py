import numpy as np
import pandas as pd
import pytest

from ratchet.drift.evidently_page import EvidentlyPage, make_evidently_page
from ratchet.records.columns import ColumnKind

ROWS = 300
KINDS = {"x": ColumnKind.NUMERIC, "city": ColumnKind.CATEGORICAL, "odd": ColumnKind.NUMERIC}
ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def make_rows(seed: int, odd: object = 0.5, city: object = "Bern") -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    cities = np.where(chance.random(ROWS) < 0.5, "Oslo", np.full(ROWS, city, object))
    return pd.DataFrame({"x": chance.normal(size=ROWS), "city": cities, "odd": odd})


def make_page(then: pd.DataFrame, now: pd.DataFrame) -> EvidentlyPage:
    return make_evidently_page(then, now, KINDS)


def test_a_page_tells_of_every_column_and_may_fetch_nothing():
    page = make_page(make_rows(0), make_rows(1))
    assert page.html is not None
    assert (page.left_out, page.problem) == ((), None)
    assert all(f'"{name}"' in page.html for name in KINDS)
    assert "default-src 'none'" in page.html[:600]


ODD = {
    "all null": (np.nan, "odd: no finite value in the window"),
    "all infinite": (np.inf, "odd: no finite value in the window"),
    "beyond all bins": (np.tile([1.7e308, -1.7e308], ROWS // 2), "odd: values beyond 1e+100"),
    "a text": ("seven", "odd: no finite value in the window"),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_columns_are_left_out_and_said_to_be(odd):
    values, reason = ODD[odd]
    page = make_page(make_rows(0), make_rows(1, odd=values))
    assert page.html is not None
    assert page.left_out == (reason,)


@pytest.mark.parametrize("value", [7.0, True])
def test_constant_columns_are_shown(value):
    assert make_page(make_rows(0, odd=value), make_rows(1, odd=value)).left_out == ()


def test_a_column_that_is_not_there_is_left_out():
    page = make_page(make_rows(0), make_rows(1).drop(columns="odd"))
    assert page.left_out == ("odd: it is not in both",)


def test_no_rows_make_no_page():
    assert make_page(make_rows(0), make_rows(1)[:0]) == EvidentlyPage(html=None, problem="one side has no rows")


def test_nothing_to_show_makes_no_page():
    page = make_evidently_page(make_rows(0, odd=np.nan), make_rows(1), {"odd": ColumnKind.NUMERIC})
    assert (page.html, page.problem) == (None, "Evidently can't show any column of these rows")


def test_categories_that_want_to_be_markup_are_text():
    page = make_page(make_rows(0), make_rows(1, city=ATTACK))
    assert page.html is not None
    assert "alert(1)" in page.html
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
