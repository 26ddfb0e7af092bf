"""Numbers by an example, times by a format."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.runs import make_config
from ratchet.config.formats import DIVIDERS, UNIX, NumberFormat, name_months, read_number_format, read_time


@pytest.mark.parametrize(
    ("example", "text", "number"),
    [
        ("$1,234.5", "$1,200.50", 1200.5),
        ("$1,234.5", "-$1,200.50", -1200.5),
        ("$1,234.5", "$-7", -7),
        ("$1,234.5", "($1,200.50)", -1200.5),
        ("$1,234.5", "0", 0),
        ("US$ 1,234.5", "US$ 1,234,567", 1234567),
        ("1.234,5 €", "1.200,50 €", 1200.5),
        ("1.234,5 €", "1200,50€", 1200.5),
        ("€ 1,234.5", "€ 67,809.00", 67809),
        ("1234.5%", "56.5%", 56.5),
        ("1234,5 %", "-3,25\u00a0%", -3.25),
        ("1234,5", "0,1257", 0.1257),
        ("1234,5", ",5", 0.5),
        ("1234,5", "-12", -12),
        ("1234,5", "1,2E+03", 1200),
        ("1 234,5", "12\u202f345,6", 12345.6),
        ("1'234.5", "1\u2019234\u2019567.25", 1234567.25),
        ("1,234", "12,34,567", 1234567),
        ("1.234", "1.234.567", 1234567),
        ("1,234.5", "1,200.50-", -1200.5),
        ("1,234.5", "\u22121,200", -1200),
        ("1234 months", "36 months", 36),
    ],
)
def test_a_number_is_read_as_its_example_is_written(example: str, text: str, number: float) -> None:
    assert float(read_number_format(example).read(text) or "nan") == number


@pytest.mark.parametrize(
    ("example", "text"),
    [
        ("$1,234.5", "€1,200.50"),
        ("$1,234.5", "1,200.50"),
        ("$1,234.5", "$1.200,50"),
        ("$1,234.5", "$12,34"),
        ("1.234,5", "0.125"),
        ("1234.5%", "0.5"),
        ("1234,5", "1,2,3"),
        ("1234,5", ""),
        ("1234,5", "-"),
        ("1234,5", "(1,5"),
        ("1234,5", "--1,5"),
        ("1,234.5", "(-1)"),
    ],
)
def test_a_number_that_is_written_otherwise_is_not_guessed(example: str, text: str) -> None:
    assert read_number_format(example).read(text) is None


@pytest.mark.parametrize("example", ["", "%", "many", "1,234,5", "1-2", "12 of 30", "1.234.5", "x" * 20 + "1.5"])
def test_an_example_that_is_no_number_is_refused(example: str) -> None:
    with pytest.raises(ValueError, match="should be an example of a number"):
        read_number_format(example)


@settings(deadline=None)
@given(st.sampled_from(DIVIDERS), st.sampled_from(["", "$", "€ ", "CHF "]), st.sampled_from(["", " €", "%", " km"]))
def test_every_format_reads_back_from_its_own_example(dividers: tuple[str, str], before: str, after: str) -> None:
    form = NumberFormat(before, after, *dividers)
    assert read_number_format(str(form)) == form
    assert form.read(str(form)) == "1234.5"


@settings(deadline=None)
@given(st.floats(-1e12, 1e12), st.sampled_from(DIVIDERS))
def test_a_number_comes_back_from_every_way_to_write_it(number: float, dividers: tuple[str, str]) -> None:
    thousands, decimal = dividers
    written = f"{number:,.4f}".translate(str.maketrans({",": thousands, ".": decimal}))
    assert float(NumberFormat("", "", thousands, decimal).read(written) or "nan") == float(f"{number:.4f}")


@settings(deadline=None)
@given(st.text(), st.sampled_from(["$1,234.5", "1.234,5 €", "1'234.5", "1234.5%"]))
def test_no_text_breaks_the_reading_of_numbers(text: str, example: str) -> None:
    read = read_number_format(example).read(text)
    assert read is None or float(read) == float(read)


@settings(deadline=None)
@given(st.text(), st.sampled_from(["%b-%Y", "%d.%m.%Y", "%Y-%m-%d %Z", "%d %B %Y %H:%M %Z", *UNIX]))
def test_no_text_breaks_the_reading_of_times(text: str, form: str) -> None:
    with suppress(ValueError):
        assert isinstance(read_time(text, form), datetime)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        *(("Jan-2018", 1), ("may-2018", 5), ("DEC-2018", 12), ("Sept-2018", 9), ("September-2018", 9)),
        *(("Mär-2018", 3), ("Jän-2018", 1), ("Maerz-2018", None), ("Mrz-2018", 3), ("Okt-2018", 10), ("Dez.-2018", 12)),
        *(("janv.-2018", 1), ("févr.-2018", 2), ("fev-2018", 2), ("août-2018", 8), ("jui-2018", None)),
        *(("ene-2018", 1), ("ago-2018", 8), ("dic-2018", 12), ("set-2018", 9), ("out-2018", 10), ("gen-2018", 1)),
        *(("mei-2018", 5), ("maj-2018", 5), ("paź-2018", 10), ("çrç-2018", None), ("янв.-2018", 1)),
    ],
)
def test_months_are_read_in_many_languages(text: str, month: int | None) -> None:
    if month is None:
        with pytest.raises(ValueError, match="does not match"):
            read_time(text, "%b-%Y")
    else:
        assert read_time(text, "%b-%Y") == datetime(2018, month, 1)  # noqa: DTZ001 (as written)


def test_a_month_without_dividers_does_not_run_into_the_day() -> None:
    assert read_time("1jan18", "%d%b%y") == datetime(2018, 1, 1)  # noqa: DTZ001 (as written)


def test_no_name_means_two_months() -> None:
    assert set(name_months().values()) == set(range(1, 13))
    assert "jui" not in name_months()


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("UTC", 0), ("cet", 1), ("CEST", 2), ("EST", -5), ("America/New_York", -5), ("Europe/Berlin", 1), ("CST", None)],
)
def test_a_zone_by_name_is_read_where_it_means_one_offset(zone: str, hours: int | None) -> None:
    text = f"2024-01-31 10:00 {zone}"
    if hours is None:
        with pytest.raises(ValueError, match="names no zone, or several"):
            read_time(text, "%Y-%m-%d %H:%M %Z")
    else:
        wanted = datetime(2024, 1, 31, 10, tzinfo=timezone(timedelta(hours=hours)))
        assert read_time(text, "%Y-%m-%d %H:%M %Z") == wanted


@pytest.mark.parametrize(
    ("form", "text"), [("unix_s", "1700000000"), ("unix_ms", "1700000000000"), ("unix_ns", "1.7e18")]
)
def test_unix_time_is_utc(form: str, text: str) -> None:
    assert read_time(text, form) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("formats", "told"),
    [
        ({"agee": "1,5"}, "neither a feature nor the target"),
        ({"city": "1,5"}, "only numbers and times have one"),
        ({"age": "many"}, "should be an example of a number"),
        ({"when": "day"}, "should be a strptime format"),
    ],
)
def test_a_format_that_fits_nothing_is_refused(formats: dict[str, str], told: str) -> None:
    features = {"age": "numeric", "city": "categorical", "when": "datetime"}
    with pytest.raises(ValueError, match=told):
        make_config(data={"features": features, "formats": formats})
