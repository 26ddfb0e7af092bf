"""Every record is frozen, and travels as JSON without losing anything."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields

import pytest
from pydantic import TypeAdapter

from builders import records as made

BUILDERS: tuple[Callable[[], object], ...] = (
    made.make_table,
    made.make_data_report,
    made.make_split,
    made.make_candidate,
    made.make_lost_candidate,
    made.make_challenger,
    made.make_evaluation,
    made.make_first_evaluation,
    made.make_verdict,
    made.make_hold,
    made.make_promotion,
    made.make_champion,
    made.make_report,
)


@pytest.mark.parametrize("make", BUILDERS)
def test_a_record_survives_its_own_json(make: Callable[[], object]) -> None:
    record = make()
    adapter = TypeAdapter(type(record))
    assert adapter.validate_json(adapter.dump_json(record)) == record


@pytest.mark.parametrize("make", BUILDERS)
def test_a_record_can_not_be_changed(make: Callable[[], object]) -> None:
    record = make()
    with pytest.raises(FrozenInstanceError):
        setattr(record, fields(record)[0].name, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", BUILDERS)
def test_a_record_s_fields_are_explained(make: Callable[[], object]) -> None:
    kind = type(make())
    explained = kind.__doc__ or ""
    assert [field.name for field in fields(kind) if f"{field.name}: " not in explained] == []  # type: ignore[arg-type]
