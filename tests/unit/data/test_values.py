from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from builders.tables import make_chunk
from ratchet.data.values import read_booleans, read_days, read_numbers, read_texts, read_values
from ratchet.errors import DataError


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), (" -2.5 ", -2.5), ("+3", 3.0), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("", None), ("?", None)],
)
def test_texts_become_numbers(text: str, number: float | None) -> None:
    assert read_numbers(make_chunk([text, "7"]), "age", ("", "?")).to_pylist() == [number, 7.0]


@pytest.mark.parametrize("text", ["n/a", "12,5", "1_000", "1 000", "inf", "NaN", "1e400", "0x1", "--1", "", "1.2.3"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"data\.csv, row 12: column 'age' holds"):
        read_numbers(make_chunk(["1", text], rows_before=10), "age", ())


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([1, None], [1.0, None]),
        ([True, None], [1.0, None]),
        ([Decimal("1.50"), None], [1.5, None]),
        ([float("nan"), 1.0], [None, 1.0]),
        (pa.nulls(2), [None, None]),
        (pa.array(["1", "2"]).dictionary_encode(), [1.0, 2.0]),
    ],
)
def test_numbers_of_any_type_become_float(values: object, numbers: list[float | None]) -> None:
    assert read_numbers(make_chunk(values), "age", ()).to_pylist() == numbers


@pytest.mark.parametrize("value", [2**53, -(2**60), str(2**53 + 1)])
def test_whole_numbers_that_would_lose_digits_are_refused(value: object) -> None:
    with pytest.raises(DataError, match="too many digits"):
        read_numbers(make_chunk([value]), "age", ())


def test_large_measured_numbers_are_no_ids() -> None:
    assert read_numbers(make_chunk(["1e30", "12345678901234567890.5"]), "age", ()).to_pylist()[0] == 1e30


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([" a ", "\u00a0b"], ["a", "b"]),
        ([7, None], ["7", None]),
        ([7.0, None], ["7", None]),
        ([7.5, float("nan")], ["7.5", None]),
        ([True, False], ["true", "false"]),
        (pa.array(["a", None], pa.large_string()), ["a", None]),
    ],
)
def test_values_of_any_type_become_texts(values: object, texts: list[str | None]) -> None:
    assert read_texts(make_chunk(values), "age", ()).to_pylist() == texts


@pytest.mark.parametrize("values", [[[1]], [{"a": 1}], [b"a"]])
def test_lists_structs_and_bytes_are_refused(values: object) -> None:
    with pytest.raises(DataError, match="column 'age' is"):
        read_texts(make_chunk(values), "age", ())


def test_a_long_text_is_refused_even_when_a_dictionary_holds_it_once() -> None:
    texts = pa.array(["a", "x" * 70_000]).dictionary_encode()
    with pytest.raises(DataError, match="row 2: column 'age' holds a text of 70,000 characters"):
        read_texts(make_chunk(texts), "age", ())


def test_long_texts_are_measured_in_bytes() -> None:
    with pytest.raises(DataError, match="30,000 characters"):
        read_texts(make_chunk(["€" * 30_000]), "age", ())


@pytest.mark.parametrize(
    ("values", "booleans"),
    [
        (["TRUE", "no", " Yes "], [True, False, True]),
        ([1, 0, None], [True, False, None]),
        ([1.0, 0.0], [True, False]),
        ([True, None], [True, None]),
        (["", "0"], [None, False]),
    ],
)
def test_booleans_are_read_in_any_spelling(values: object, booleans: list[bool | None]) -> None:
    assert read_booleans(make_chunk(values), "age", ("",)).to_pylist() == booleans


@pytest.mark.parametrize("value", ["maybe", "2", "y"])
def test_other_words_are_no_booleans(value: str) -> None:
    with pytest.raises(DataError, match=f"row 1: column 'age' holds '{value}'"):
        read_booleans(make_chunk([value]), "age", ())


def test_a_text_that_does_not_fit_is_advised_for_any_source() -> None:
    with pytest.raises(DataError, match="`categorical`; in a CSV file, a text that stands for no value"):
        read_booleans(make_chunk(["Y"]), "age", ())


def test_the_header_in_the_middle_is_recognised() -> None:
    with pytest.raises(DataError, match="is the header repeated"):
        read_numbers(make_chunk(["1", "age"]), "age", ())


def test_each_kind_of_feature_has_its_type() -> None:
    chunk = make_chunk(["1", "0"])
    types = [str(read_values(chunk, "age", kind, ()).type) for kind in ("numeric", "categorical", "boolean")]
    assert types == ["double", "string", "bool"]


@pytest.mark.parametrize(
    ("values", "form", "days"),
    [
        (["1970-01-02", "1970-01-01T18:00", "", None], None, [1.0, 0.75, None, None]),
        (["1970-01-02T01:00:00+01:00", "1970-01-02T00:00Z"], None, [1.0, 1.0]),
        (["1969-12-31 00:00:00.500000"], None, [-1 + 0.5 / 86_400]),
        (["03/01/1970 06:00", "03/01/1970 06:00", None], "%d/%m/%Y %H:%M", [2.25, 2.25, None]),
        (["02.01.1970 01:00 +0100"], "%d.%m.%Y %H:%M %z", [1.0]),
        ([date(1970, 1, 3), None], None, [2.0, None]),
        ([datetime(1970, 1, 1, 6)], None, [0.25]),  # noqa: DTZ001 (as written)
        ([datetime(1970, 1, 1, 6, tzinfo=UTC)], None, [0.25]),
        (pa.array([86_400 * 10**9], pa.timestamp("ns", "Europe/Berlin")), None, [1.0]),
        ([None, None], None, [None, None]),
    ],
)
def test_times_become_days_as_they_are_written(values: object, form: str | None, days: list[float | None]) -> None:
    assert read_days(make_chunk(values), "age", ("",), form).to_pylist() == pytest.approx(days)


@pytest.mark.parametrize(
    ("values", "form", "sentence"),
    [
        (
            ["2024-01-31", "31.1.2024"],
            None,
            r"row 2: column 'age' holds '31\.1\.2024', which is not a time in ISO 8601, such",
        ),
        (
            ["2024-01-31T00:00Z", "2024-01-31"],
            None,
            r"row 2: .*'2024-01-31', which is not a time in ISO 8601 with a zone, as the first",
        ),
        (["2024-02-30"], None, "row 1: .*'2024-02-30'"),
        ([None, "31/01/2024", "2024-01-31"], "%d/%m/%Y", "row 3: .* is not a time written as %d/%m/%Y"),
        ([1_700_000_000], None, "row 1: .*'1700000000'"),
    ],
)
def test_what_is_no_time_is_refused_by_its_place(values: object, form: str | None, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_days(make_chunk(values), "age", (), form)
