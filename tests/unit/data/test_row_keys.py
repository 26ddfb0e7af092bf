import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ratchet.data.row_keys import hash_features, make_keys, read_ids, write_hex
from ratchet.records.columns import ROW

GOLDEN_FEATURES = ["af882390b4060bbd", "e586bb0e011a1bd4", "1061dcf49a2eff9d"]
GOLDEN_IDS = [
    "677078057973769fd9523f927ba6d288",
    "3104e4e346ef2947e0b1bec5ce01c8b9",
    "85e339f000ad13c0dff14f8f2d23f903",
]
KINDS = {"age": "numeric", "city": "categorical", "member": "boolean"}


def rows(ages=(1.0, None, -0.0), cities=("Oslo", None, ""), members=(True, None, False), numbers=(0, 1, 2)):
    arrays = [
        pa.array(numbers, pa.int64()),
        pa.array(ages, pa.float64()),
        pa.array(cities, pa.string()),
        pa.array(members, pa.bool_()),
    ]
    return pa.RecordBatch.from_arrays(arrays, [ROW, "age", "city", "member"])


def test_hashes_are_what_they_were_in_every_release():
    # a change here gives every row a new prediction id: rows would be predicted twice after an upgrade
    hashes = hash_features(rows(), KINDS)
    assert write_hex(hashes).to_pylist() == GOLDEN_FEATURES
    keys = make_keys(rows(), hashes, "city").signed("sales", 3)
    assert keys.to_hex().to_pylist() == GOLDEN_IDS


def test_a_hash_depends_on_values_and_names_and_not_on_the_order_of_columns():
    hashes = hash_features(rows(), KINDS)
    assert np.array_equal(hash_features(rows(), dict(reversed(KINDS.items()))), hashes)
    other = rows().rename_columns([ROW, "years", "city", "member"])
    named = {"years" if name == "age" else name: kind for name, kind in KINDS.items()}
    assert not (hash_features(other, named) == hashes).any()


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"ages": (1.0, 0.0, -0.0)}, 1),  # missing is not zero
        ({"ages": (1.0 + 2**-52, None, -0.0)}, 0),
        ({"cities": ("Oslo", "", "")}, 1),  # nor the empty text
        ({"members": (True, False, False)}, 1),
    ],
)
def test_another_value_is_another_hash_in_its_row_alone(change, differs):
    is_other = hash_features(rows(**change), KINDS) != hash_features(rows(), KINDS)
    assert list(np.flatnonzero(is_other)) == [differs]


def test_zero_has_no_sign_and_slices_and_dictionaries_no_say():
    assert np.array_equal(hash_features(rows(ages=(1.0, None, 0.0)), KINDS), hash_features(rows(), KINDS))
    assert np.array_equal(hash_features(rows().slice(1), KINDS), hash_features(rows(), KINDS)[1:])


def test_an_id_gives_back_its_key():
    keys = make_keys(rows(), hash_features(rows(), KINDS), None)
    ids = keys.signed("sales", 7).to_hex()
    back = read_ids(ids).signed("sales", 7)
    assert np.array_equal(back.first, keys.first)
    assert np.array_equal(back.second, keys.second)
    assert np.array_equal(read_ids(ids.slice(1)).first, read_ids(ids).first[1:])
    assert not set(ids.to_pylist()) & set(keys.signed("sales", 8).to_hex().to_pylist())


@pytest.mark.parametrize("entity", [None, "city"])
def test_a_million_rows_have_a_million_keys(entity):
    count = 1_000_000
    table = pd.DataFrame({ROW: np.arange(count), "age": np.arange(count) % 7.0, "city": "x", "member": True})
    batch = pa.RecordBatch.from_pandas(table, preserve_index=False)
    keys = make_keys(batch, hash_features(batch, KINDS), entity)
    assert len(np.unique(keys.first)) == len(np.unique(keys.second)) == count
    bits = np.unpackbits(keys.first.view(np.uint8)).reshape(count, 64).mean(axis=0)
    assert np.abs(bits - 0.5).max() < 0.003  # six standard errors
