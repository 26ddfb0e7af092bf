"""`gates:` in the YAML: the sections of all gates, each described in its gate's own file.

A gate of another package is asked where the YAML names it, so that installing one changes no verdict. Its section is
checked while a person's YAML is read and when the gate is asked; the record of an earlier run is read without it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationInfo, create_model, model_validator

from ratchet.gates.all_gates import BUILT_IN, find_gate
from ratchet.gates.gate import GateSection
from ratchet.plugins import GATES, find_plugins
from ratchet.sections import FROM_FILE, Section

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
    def _take_plugins(cls, value: object, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Let the sections have those of other packages' gates as well."""
        added = [name for name in value if name not in cls.model_fields] if isinstance(value, Mapping) else []
        if info.context == FROM_FILE:
            added = [name for name in added if name in find_plugins(GATES)]
        if not added:
            return handler(value)
        if info.context == FROM_FILE:
            checked = _extend(cls, {name: find_gate(name).section for name in added})
            value = checked.model_validate(value, context=FROM_FILE).model_dump(mode="json")
        return cast("Self", _extend(cls, dict.fromkeys(added, PluginSection)).model_validate(value))

    def __reduce__(self) -> tuple[Callable[..., "GateSections"], tuple[object, ...]]:
        """Pickle as what the YAML says: a class that has plug-ins is made anew in the other process."""
        return Gates.model_validate, (self.model_dump(mode="json"),)


class PluginSection(GateSection):
    """The section of another package's gate, as it was written."""

    model_config = ConfigDict(extra="allow")


def _extend(base: type[GateSections], sections: Mapping[str, type[GateSection]]) -> type[GateSections]:
    return _compose(base, tuple(sections.items()))


@cache
def _compose(base: type[GateSections], sections: tuple[tuple[str, type[GateSection]], ...]) -> type[GateSections]:
    fields: dict[str, Any] = {name: (section, section()) for name, section in sections}
    return create_model("Gates", __base__=base, __doc__=base.__doc__, __module__=__name__, **fields)


if TYPE_CHECKING:
    Gates = GateSections
else:
    Gates = _extend(GateSections, {gate.name: gate.section for gate in BUILT_IN})
