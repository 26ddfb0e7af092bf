"""Know a row again: a hash of its features, and a key of whom it is about, when, and with which features.

Hashes are computed column by column in NumPy, because Python's own would cost more than the model. They depend on
the values alone: not on the order of columns, on chunks, on the file's format or on library versions.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.records.columns import NUMBERS, ROW, TIME, ColumnKind

Hashes = NDArray[np.uint64]
# The finaliser of SplitMix64 (Steele, Lea, Flood 2014: Fast splittable pseudorandom number generators).
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
NULL = np.uint64(0x7FF8000000000001)  # a NaN that no computation gives
HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
WORDS = ("ratchet-row-key1", "ratchet-row-key2")  # what tells the two halves of a key apart; 16 bytes each
BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of some rows: 128 bits each, in two halves.

    The first half alone tells rows of one day apart: with a million rows a day, two share one by chance once in
    forty million days.
    """

    first: Hashes
    second: Hashes

    def only(self, mask: NDArray[np.bool_]) -> "Keys":
        """Keep the rows that a mask marks."""
        return Keys(first=self.first[mask], second=self.second[mask])

    def numbered(self, occurrences: NDArray[np.int64]) -> "Keys":
        """Tell rows with the same key apart by how many came before; the first keeps its key."""
        count = occurrences.astype(np.uint64)
        return Keys(first=_numbered(self.first, count), second=_numbered(self.second, count))

    def signed(self, model: str, version: int) -> "Keys":
        """Turn keys into prediction ids, or ids back into keys: the same operation undoes itself."""
        first, second = (np.uint64(_digest(f"{word}\0{model}\0{version}")) for word in WORDS)
        return Keys(first=self.first ^ first, second=self.second ^ second)

    def to_hex(self) -> pa.StringArray:
        """Write keys as 32 hexadecimal digits."""
        return write_hex(self.first, self.second)


def read_ids(ids: pa.StringArray) -> Keys:
    """Read what `Keys.to_hex` wrote."""
    _, _, text = ids.buffers()
    digits = np.frombuffer(text or b"", np.uint8)[ids.offset * 4 * BYTES : (ids.offset + len(ids)) * 4 * BYTES]
    values = np.where(digits > ord("9"), digits - (ord("a") - 10), digits - ord("0")).astype(np.uint8)
    halves = ((values[0::2] << 4) | values[1::2]).view(">u8").astype(np.uint64).reshape(-1, 2)
    return Keys(first=halves[:, 0].copy(), second=halves[:, 1].copy())


def write_hex(*parts: Hashes) -> pa.StringArray:
    """Write 64-bit hashes side by side, as 16 hexadecimal digits each."""
    rows, width = len(parts[0]), 2 * BYTES * len(parts)
    octets = np.column_stack(parts).astype(">u8").view(np.uint8)
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(HEX[octets]))


def hash_features(rows: pa.RecordBatch, features: Mapping[str, ColumnKind]) -> Hashes:
    """Hash the features of typed rows to 64 bits a row."""
    total = np.zeros(rows.num_rows, np.uint64)
    for name, kind in features.items():
        total += _mix(_bits(rows.column(name), kind) ^ np.uint64(_digest(f"{name}\0{kind}")))
    return _mix(total)


def make_keys(rows: pa.RecordBatch, features: Hashes, entity: str | None) -> Keys:
    """Make the keys of typed rows: entity, event time and features; without a clock, the row's number for its time."""
    names = rows.schema.names
    when = rows.column(TIME if TIME in names else ROW).cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64)
    halves = []
    for word in WORDS:
        half = _mix(features ^ np.uint64(_digest(word))) + _mix(when + np.uint64(_digest(f"{word} when")))
        halves.append(_mix(half + _hash_texts(rows.column(entity), word)) if entity else _mix(half))
    return Keys(first=halves[0], second=halves[1])


def _numbered(half: Hashes, count: Hashes) -> Hashes:
    numbered: Hashes = np.where(count == 0, half, _mix(half + _mix(count)))
    return numbered


def _bits(column: pa.Array, kind: ColumnKind) -> Hashes:
    if kind in NUMBERS:
        numbers = column.to_numpy(zero_copy_only=False) + 0.0  # -0.0 becomes 0.0
        bits: Hashes = np.where(np.isnan(numbers), NULL, numbers.view(np.uint64))
        return bits
    if kind == ColumnKind.BOOLEAN:
        truths: Hashes = pc.fill_null(column.cast(pa.int8()), 2).to_numpy(zero_copy_only=False).astype(np.uint64)
        return truths
    coded = column.dictionary_encode()
    values = np.array([*(_digest(value) for value in coded.dictionary.to_pylist()), NULL], np.uint64)
    places: Hashes = values[pc.fill_null(coded.indices, len(values) - 1).to_numpy(zero_copy_only=False)]
    return places


def _hash_texts(column: pa.Array, word: str) -> Hashes:
    """Hash texts of which each may be another: SipHash with the word as its key; no entity is an entity as well."""
    texts = pc.fill_null(column, "").to_numpy(zero_copy_only=False)
    hashes: Hashes = pd.util.hash_array(texts, hash_key=word, categorize=False)
    return hashes


def _mix(values: Hashes) -> Hashes:
    mixed = values ^ (values >> np.uint64(30))
    mixed *= FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=BYTES).digest(), "big")
