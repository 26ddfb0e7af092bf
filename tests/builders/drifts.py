"""References, profiles and drifts for tests."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ratchet.drift.measuring import compare_profiles
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import ColumnDrift, Drift
from ratchet.records.profile import Profile, Reference


def profile_reference(rows: Mapping[str, object], **kinds: str) -> tuple[Reference, Profile]:
    """Make a reference of rows, and their profile; a column is a number unless `kinds` says otherwise."""
    table = pa.table(dict(rows))
    reference = make_reference(
        table.to_batches(), {name: kinds.get(name, ColumnKind.NUMERIC) for name in table.column_names}
    )
    return reference, profile_rows(table.to_batches(), reference)


def make_profile(reference: Reference, rows: Mapping[str, object], batch_rows: int = 1 << 16) -> Profile:
    """Profile rows."""
    return profile_rows(pa.table(dict(rows)).to_batches(batch_rows), reference)


def make_drift(then: Mapping[str, object], now: Mapping[str, object], **kinds: str) -> Drift:
    """Measure the drift between two sets of rows."""
    reference, profile = profile_reference(then, **kinds)
    return compare_profiles(reference, profile, make_profile(reference, now))


def make_column_drift(then: object, now: object, kind: str = ColumnKind.NUMERIC) -> ColumnDrift:
    """Measure the drift of one column."""
    return make_drift({"x": then}, {"x": now}, x=kind).columns[0]


def draw(rows: int, seed: int = 0) -> np.ndarray:
    """Draw normal values."""
    return np.random.default_rng(seed).normal(size=rows)
