"""Records to JSON and back, by a stage's own annotations: they are the schema of what travels between tasks."""

from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ratchet.errors import RatchetError


def read_inputs(function: Callable[..., object], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn JSON values into what a stage's parameters are annotated with.

    Raises:
        RatchetError: a value does not fit its parameter; the sentence names both.
    """
    hints = get_type_hints(function)
    return {name: _read(function.__name__, name, hints[name], value) for name, value in inputs.items()}


def write_output(function: Callable[..., object], output: object) -> Any:
    """Turn a stage's record into JSON values."""
    return TypeAdapter(get_type_hints(function)["return"]).dump_python(output, mode="json")


def _read(stage: str, name: str, hint: Any, value: Any) -> Any:
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        raise RatchetError(
            f"stage {stage}: {where}: {first['msg']}; clear the run to make its records again"
        ) from error
