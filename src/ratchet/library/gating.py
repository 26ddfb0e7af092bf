"""Ask one gate about what was measured, by settings as the YAML has them."""

from collections.abc import Mapping

from ratchet.errors import DataError
from ratchet.gates.all_gates import find_gate
from ratchet.records.judgement import GateResult


def judge_gate(name: str, evidence: object, section: Mapping[str, object] | None = None) -> tuple[GateResult, ...]:
    """Ask one gate; it gives one result, and `guard_metrics` one for each metric.

    Args:
        name: the gate's, as under `gates:` in the YAML.
        evidence: what the gate looks at: a record of the class that the gate's own file names.
        section: the gate's settings, as in the YAML; the defaults unless given.

    Raises:
        ConfigError: there is no such gate.
        DataError: the evidence is of another class.
        pydantic.ValidationError: a setting is not what the YAML allows.
    """
    gate = find_gate(name)
    if not isinstance(evidence, gate.evidence):
        wanted = f"{gate.evidence.__module__}.{gate.evidence.__qualname__}"
        raise DataError(f"the gate '{name}' looks at a `{wanted}`, not at a {type(evidence).__name__}; make one of it")
    return gate.answer(gate.section.model_validate(section or {}), evidence)
