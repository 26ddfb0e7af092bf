"""The records of drift explain their fields."""

from dataclasses import fields

import pytest

from ratchet.records import drift, profile

KINDS = [
    *(drift.Distance, drift.MovedBin, drift.CategoryShift, drift.Movement, drift.ColumnDrift, drift.Drift),
    *(drift.DriftLimits, drift.Separation, drift.Trend),
    *(profile.ColumnBins, profile.Reference, profile.Moments, profile.NamedCount, profile.ColumnCounts),
    profile.Profile,
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kind):
    assert [field.name for field in fields(kind) if f"{field.name}: " not in (kind.__doc__ or "")] == []
