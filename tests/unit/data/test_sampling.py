import pandas as pd
import pytest

from ratchet.data import sampling
from ratchet.data.sampling import (
    is_key,
    is_repeated_key,
    is_row_number,
    missing_texts,
    read_sample,
    type_of,
)
from ratchet.errors import DataError


def test_values_are_texts_without_blanks_and_nothing_is_null(tmp_path):
    (tmp_path / "a.csv").write_text(' a , b\n 1 ,"x "\n,"  "\n')
    sample = read_sample(tmp_path / "a.csv")
    assert sample.delimiter == ","
    assert list(sample.frame) == ["a", "b"]
    assert sample.frame.loc[0].tolist() == ["1", "x"]
    assert sample.frame.loc[1].isna().all()


def test_only_the_first_rows_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 5)
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 6)
    (tmp_path / "b.csv").write_text("a,b\n" + "1,2\n" * 5)
    assert (len(read_sample(tmp_path / "a.csv").frame), read_sample(tmp_path / "a.csv").is_whole) == (5, False)
    assert (len(read_sample(tmp_path / "b.csv").frame), read_sample(tmp_path / "b.csv").is_whole) == (5, True)


def test_parquet_values_are_written_as_a_csv_file_would_have_them(tmp_path):
    frame = pd.DataFrame({"codes": [1.0, None, 3.0], "share": [0.5, 1.0, 1.5], "text": ["1.0", None, "x"]})
    frame.to_parquet(tmp_path / "a.parquet")
    found = read_sample(tmp_path / "a.parquet").frame
    assert found["codes"].dropna().tolist() == ["1", "3"]
    assert found["share"].tolist() == ["0.5", "1", "1.5"]
    assert found["text"].dropna().tolist() == ["1.0", "x"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("a,b\n", "no row below"),
        ("a,a\n1,2\n", "stand there twice: a"),
        ("1,b\n2,3\n", "looks like data"),
    ],
)
def test_a_file_without_usable_names_is_refused(tmp_path, content, words):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(DataError, match=words):
        read_sample(tmp_path / "a.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_sample(tmp_path / "a.csv")


def column(*values: str, name: str = "x") -> pd.Series:
    return pd.Series(values, name=name, dtype=object)


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        (("1", "2.5", "-3e4"), "x", "numeric"),
        (("0", "1"), "x", "numeric"),
        (("yes", "No"), "x", "boolean"),
        (("TRUE",), "x", "boolean"),
        (("00420", "17"), "x", "categorical"),
        (("1", "2"), "admission_type_id", "categorical"),
        (("1", "two"), "x", "categorical"),
        (("9007199254740993", "1"), "x", "categorical"),
        (("1,5", "2"), "x", "categorical"),
    ],
)
def test_the_type_follows_from_values_and_name(values, name, kind):
    assert type_of(column(*values, name=name)) == kind


@pytest.mark.parametrize(
    ("values", "expected"), [(("5", "6", "7"), True), (("5", "7", "8"), False), (("5",), False), (("a", "b"), False)]
)
def test_row_numbers_count_up_by_one(values, expected):
    assert is_row_number(column(*values)) is expected


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (("a", "b"), "x", True),
        (("a", "a"), "x", False),
        (("3", "1"), "x", False),
        (("3", "1"), "order_id", True),
        (("3", "10"), "x", True),
        (("3.5", "10.1"), "x", False),
    ],
)
def test_keys_are_unique(values, name, expected):
    assert is_key(column(*values, name=name)) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("patient_nbr", True),
        ("customerId", True),
        ("customer", True),
        ("bank client", True),
        ("customers", False),
        ("user_age", False),
        ("amount_paid", False),
        ("valid", False),
        ("Patient_NBR", True),
        ("amount", False),
    ],
)
def test_repeated_keys_have_a_name_for_it(name, expected):
    assert is_repeated_key(column(*(str(at // 2) for at in range(400)), name=name)) is expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [("C-{}", True), ("user_{}", True), ("{:08x}", True), ("{}", False), ("{}.5", False), ("at {} again", False)],
)
def test_repeated_keys_of_another_name_have_the_form_of_one(form, expected):
    values = (form.format(1000 + at // 2) for at in range(5000))
    assert is_repeated_key(column(*values, name="who")) is expected


@pytest.mark.parametrize(("rows_each", "expected"), [(4, True), (20, False)])
def test_few_texts_of_that_form_with_many_rows_each_may_be_products(rows_each, expected):
    values = (f"P-{1000 + at // rows_each}" for at in range(150 * rows_each))
    assert is_repeated_key(column(*values, name="code of it")) is expected


def test_a_few_codes_are_no_repeated_key():
    assert not is_repeated_key(column(*(str(at % 8) for at in range(400)), name="type_id"))


def test_missing_texts_are_taken_from_all_columns_and_odd_ones_from_numbers_only():
    frame = pd.DataFrame({"a": ["1", "None", "2"], "b": ["None", "x", "?"], "c": ["u", None, "v"]}, dtype=object)
    assert missing_texts(frame) == ("", "?", "None")
    assert missing_texts(frame[["b", "c"]]) == ("", "?")
