"""What reads and writes the records of each kind as JSON, made once a process."""

from collections.abc import Hashable
from functools import lru_cache
from typing import TypeVar, cast

from pydantic import TypeAdapter

Record = TypeVar("Record")


def adapter_of(kind: type[Record]) -> TypeAdapter[Record]:
    """Return what reads and writes records of a kind; making one takes longer than reading a file with it."""
    return cast("TypeAdapter[Record]", _make_adapter(cast("Hashable", kind)))


@lru_cache
def _make_adapter(kind: Hashable) -> TypeAdapter[object]:
    return TypeAdapter(cast("type[object]", kind))
