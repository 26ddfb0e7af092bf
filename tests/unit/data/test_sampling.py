import pandas as pd
import pytest

from ratchet.data import sampling
from ratchet.data.sampling import read_sample
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
