"""`gates:` in the YAML: the sections of all gates, each described in its gate's own file.

A gate of another package is asked where the YAML names it, so that installing one changes no verdict.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from pydantic import ModelWrapValidatorHandler, create_model, model_validator

from ratchet.gates.all_gates import BUILT_IN, AnyGate, find_gate
from ratchet.gates.gate import GateSection
from ratchet.plugins import GATES, find_plugins
from ratchet.sections import Section

S = TypeVar("S", bound=GateSection)


class GateSections(Section):
    """What a challenger must get past; every gate is on unless the YAML says otherwise."""

    @property
    def by_name(self) -> dict[str, GateSection]:
        """Each gate's section, in the order in which the gates are asked."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def of(self, kind: type[S]) -> S:
        """Return the section of a kind."""
        return next(section for section in self.by_name.values() if isinstance(section, kind))

    @model_validator(mode="wrap")
    @classmethod
    def _take_plugins(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Let the sections have those gates of other packages that the YAML names."""
        given = value if isinstance(value, Mapping) else {}
        added = [name for name in find_plugins(GATES) if name in given and name not in cls.model_fields]
        if not added:
            return handler(value)
        return cast("type[Self]", _compose(cls, tuple(map(find_gate, added)))).model_validate(value)

    def __reduce__(self) -> tuple[Callable[..., "GateSections"], tuple[object, ...]]:
        """Pickle as what the YAML says: a class that has plug-ins is made anew in the other process."""
        return Gates.model_validate, (self.model_dump(),)


@cache
def _compose(base: type[GateSections], gates: tuple[AnyGate, ...]) -> type[GateSections]:
    sections: dict[str, Any] = {gate.name: (gate.section, gate.section()) for gate in gates}
    return create_model("Gates", __base__=base, __doc__=base.__doc__, __module__=__name__, **sections)


if TYPE_CHECKING:
    Gates = GateSections
else:
    Gates = _compose(GateSections, BUILT_IN)
