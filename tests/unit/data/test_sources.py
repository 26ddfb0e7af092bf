from pathlib import Path

import pytest

from builders.runs import make_config
from builders.tables import make_csv, make_frame
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.sources import find_files, open_source
from ratchet.errors import DataError


def test_relative_paths_start_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    assert find_files("a.csv", tmp_path) == [tmp_path / "a.csv"]
    assert find_files(str(tmp_path / "a.csv"), Path("/elsewhere")) == [tmp_path / "a.csv"]


def test_files_of_a_folder_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv.gz", ".c.csv", "_d.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in find_files(".", tmp_path)] == ["a.csv.gz", "b.csv"]


@pytest.mark.parametrize("path", ["https://a.b/c.csv", "file:/c.csv", "s3://bucket/c.csv", "a\0b.csv"])
def test_only_paths_of_this_machine_are_read(path: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only files and folders of this machine"):
        find_files(path, tmp_path)


def test_a_database_file_is_pointed_to_its_own_source(tmp_path: Path) -> None:
    (tmp_path / "shop.db").touch()
    with pytest.raises(DataError, match=r"a database is named by `data\.source\.url_env` and `query`"):
        find_files("shop.db", tmp_path)


@pytest.mark.parametrize("name", ["model.pkl", "data.doc", "data", "data.csv.zip"])
def test_other_kinds_are_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"not read; allowed: \.csv"):
        find_files(name, tmp_path)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        find_files("a.csv", tmp_path)


@pytest.mark.parametrize("name", ["data.csv", "data.parquet"])
def test_each_kind_has_its_reader(name: str, tmp_path: Path) -> None:
    if name == "data.csv":
        (tmp_path / name).write_text(make_csv())
    else:
        make_frame().to_parquet(tmp_path / name)
    reading = open_source(plan_snapshot(make_config(data={"source": {"path": name}}).data), tmp_path)
    assert sum(chunk.rows.num_rows for chunk in reading.chunks) == 240
    assert reading.source == name


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("https://a.b/c.csv", "download it first, as with `curl -LO URL`"),
        ("s3://bucket/c.csv", "copy it here"),
        ("postgresql://me:secret@host/shop", "`url_env`, the environment variable that holds this URL, and `query`"),
        ("sqlite:///shop.db", "`url_env`"),
    ],
)
def test_a_url_is_answered_by_what_to_do_and_its_password_is_not_repeated(path: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_files(path, tmp_path)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.feather", r"read_feather\('a.feather'\)"),
        ("a.zip", "unpack it first"),
        ("a.pkl", "save its table as .parquet"),
    ],
)
def test_other_kinds_are_answered_by_how_to_make_one_that_is_read(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=told):
        find_files(name, tmp_path)
