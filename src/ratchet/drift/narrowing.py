"""Leave columns out of a reference and of profiles that were made with it."""

from collections.abc import Collection
from dataclasses import replace

from ratchet.records.profile import ColumnCounts, Profile, Reference


def narrow_reference(reference: Reference, names: Collection[str]) -> Reference:
    """Return the reference with some of its columns only; its digest stays, so its profiles are still its own."""
    return replace(reference, columns=tuple(bins for bins in reference.columns if bins.name in names))


def narrow_profile(profile: Profile, reference: Reference) -> Profile:
    """Return the profile with the reference's columns, in its order; one that was not counted says so."""
    counted = {counts.name: counts for counts in profile.columns}
    columns = tuple(counted.get(bins.name) or _not_counted(bins.name) for bins in reference.columns)
    return replace(profile, columns=columns)


def _not_counted(name: str) -> ColumnCounts:
    return ColumnCounts(name=name, problem=f"column '{name}' was not counted in these rows")
