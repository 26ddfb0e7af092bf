"""How values are written: times and numbers, and texts that only look like them."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.config.formats import read_time
from ratchet.data.written import find_spoilt_numbers, number_formats, time_formats, unix_format


def column(*values: str, name: str = "x") -> pd.Series:
    return pd.Series(list(values), name=name, dtype=object)


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (("2024-01-31", "2024-02-01T10:00:00+02:00"), (None,)),
        (("31/01/2024", "01/02/2024"), ("%d/%m/%Y",)),
        (("01/02/2024",), ("%d/%m/%Y", "%m/%d/%Y")),
        (("20240131",), ("%Y%m%d",)),
        (("Jan-2018", "Dec-2019"), ("%b-%Y",)),
        (("M\u00e4rz 2018", "Okt. 2018"), ("%b %Y",)),
        (("3 de enero de 2020",), ("%d de %b de %Y",)),
        (("12. Mai 2020",), ("%d. %b %Y",)),
        (("15-Jun-21",), ("%d-%b-%y",)),
        (("12.Mai.2020",), ("%d.%b.%Y",)),
        (("2024-01-31 10:00 CET", "2024-07-31 10:00 CEST"), ("%Y-%m-%d %H:%M %Z",)),
        (("31.01.2024 10:00:00 Europe/Berlin",), ("%d.%m.%Y %H:%M:%S %Z",)),
        (("2020-01-01 10:00:00 +0200",), ("%Y-%m-%d %H:%M:%S %z",)),
        (("1/25/2018 3:45 PM",), ("%m/%d/%Y %I:%M %p",)),
        (("Mon, 23 Jan 2023 10:00:00",), ("%a, %d %b %Y %H:%M:%S",)),
        (("201801", "201812", "202003"), ("%Y%m",)),
        (("2018-01", "2018-12"), ("%Y-%m",)),
        (("1672531200", "1672542000"), ("unix_s",)),
        (("1672531200123", "1672542000456"), ("unix_ms",)),
        (("201101",), ()),
        (("1", "2"), ()),
        (("soon",), ()),
        (("10:30",), ()),
        (("May",), ()),
        (("4006381333931", "4006381333948"), ()),
        (("1500000001", "1500000002", "1500000003"), ()),
        (("1999999937", "1000000007", "1700000021"), ()),
        ((), ()),
    ],
)
def test_every_time_format_that_fits_is_returned(values: tuple[str, ...], formats: tuple[str | None, ...]) -> None:
    assert time_formats(column(*values)) == formats


@pytest.mark.parametrize("name", ["created_at", "timestamp", "zeit", "ts", "eventTime"])
def test_numbers_in_any_order_are_times_where_the_name_says_so(name: str) -> None:
    values = column("1999999937", "1000000007", "1700000021", name=name)
    assert time_formats(values) == ("unix_s",)
    assert unix_format(values) == "unix_s"


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (("$1,200.50", "$7"), ["$1,234.5"]),
        (("($5.25)", "$3,000.00"), ["$1,234.5"]),
        (("1.200,50 \u20ac", "3,20 \u20ac"), ["1.234,5 \u20ac"]),
        (("R$ 1.234,50", "R$ 2,00"), ["R$ 1.234,5"]),
        (("56.5%", "0"), ["1234.5%"]),
        (("1,234", "5,678"), ["1,234.5", "1234,5"]),
        (("0,123", "0,234"), ["1234,5"]),
        (("12,5", "1.234,5"), ["1.234,5"]),
        (("1\u202f200,5", "3,5"), ["1 234,5"]),
        (("1'234.50", "12"), ["1'234.5"]),
        (("1.234", "1.234.567"), ["1.234,5"]),
        (("36 months", "60 months"), ["1234.5 months"]),
        (("12", "13.5"), []),
        (("P12", "P13"), []),
        (("5A", "6A"), []),
        (("10 years", "1 year"), []),
        (("$5", "\u20ac5"), []),
        (("USD 12", "EUR 12"), []),
        (("1,2", "1,2,3"), []),
        (("555-1234",), []),
        (("12:30",), []),
        (("1.2.3",), []),
        (("31.01.2024",), []),
        (("", "3,4"), []),
        ((), []),
    ],
)
def test_every_way_to_write_numbers_that_fits_is_returned(texts: tuple[str, ...], forms: list[str]) -> None:
    assert [str(form) for form in number_formats(texts)] == forms


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(), st.from_regex(r"\A[-$ ]?[0-9.,' ]{1,9} ?[%\u20ac]?\Z")), max_size=5))
def test_no_text_breaks_the_search_for_forms(texts: list[str]) -> None:
    for form in number_formats(texts):
        assert all(form.read(text) is not None for text in texts)
    for written in time_formats(column(*texts)):
        if written:
            assert all(read_time(text, written) for text in texts)


NUMBERS = [str(number / 4) for number in range(400)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([*NUMBERS, "n.a.", "n.a.", ">100"], "numbers but for 'n.a.' 2 times, '>100' 1 times?"),
        (
            [*(f"${number}" for number in NUMBERS), "\u20ac5"],
            "numbers written in several ways, such as '$0.0', '\u20ac5'?",
        ),
        ([*NUMBERS[:50], *["V57", "E909"] * 40], None),
        (["1", "2", "three"] * 50, None),
        (["red", "blue"] * 50, None),
    ],
)
def test_texts_among_numbers_are_told_with_counts(values: list[str], told: str | None) -> None:
    found = find_spoilt_numbers(column(*values))
    assert (told in found) if told and found else found == told
