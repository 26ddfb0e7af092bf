from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.runs import make_config
from ratchet.config.data import Data
from ratchet.data.part_arrays import PartReader
from ratchet.records.columns import ROW, TIME


def make_data() -> Data:
    return make_config().data


def write_part(path: Path, city: list[str | None], age: list[float], first: int = 0) -> Path:
    data, rows = make_data(), len(city)
    times = pd.date_range("2026-01-01", periods=rows, freq="h", tz="UTC")
    columns = {name: [0.0] * rows for name in (*data.features, *data.keys)}
    columns |= {"city": city, "age": age, data.target.column: [1] * rows, ROW: list(range(first, first + rows))}
    pq.write_table(pa.table(columns | {TIME: pa.array(times)}), path)
    return path


@pytest.mark.parametrize(("is_newest", "ages"), [(True, [2.0, 3.0]), (False, [1.0, 2.0])])
def test_of_a_long_part_the_newest_or_the_oldest_rows_are_read(tmp_path, is_newest, ages):
    path = write_part(tmp_path / "part.parquet", ["a", "b", "c"], [1.0, 2.0, 3.0])
    arrays = PartReader(make_data(), most_rows=2, largest=1e9).read(path, is_newest=is_newest)
    assert arrays.columns["age"].tolist() == ages
    assert len(arrays.rows) == len(arrays.target) == 2


def test_a_text_has_the_same_code_in_every_part(tmp_path):
    reader = PartReader(make_data(), most_rows=9, largest=1e9)
    one = reader.read(write_part(tmp_path / "one.parquet", ["a", "b", None], [1.0] * 3), is_newest=True)
    other = reader.read(write_part(tmp_path / "other.parquet", ["c", "b"], [1.0] * 2), is_newest=False)
    assert one.columns["city"][1] == other.columns["city"][1]
    assert np.isnan(one.columns["city"][2])
    assert len({one.columns["city"][0], one.columns["city"][1], other.columns["city"][0]}) == 3


def test_a_number_beyond_the_largest_is_taken_for_missing(tmp_path):
    path = write_part(tmp_path / "part.parquet", ["a", "a"], [1.0, 2e9])
    arrays = PartReader(make_data(), most_rows=9, largest=1e9).read(path, is_newest=True)
    assert np.isnan(arrays.columns["age"]).tolist() == [False, True]
