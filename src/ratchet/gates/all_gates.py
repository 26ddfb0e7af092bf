"""Every gate, in the order they are asked and shown; those of other packages come last."""

from collections.abc import Iterator, Mapping
from typing import Any

from ratchet.errors import ConfigError, DataError, did_you_mean
from ratchet.gates import (
    beats_baseline,
    beats_champion,
    behaves,
    calibrated,
    data_check,
    decision_cost,
    fair,
    feature_importance,
    guard_metrics,
    holdout_fresh,
    label_shift,
    no_leak,
    no_regression,
    no_slice_worse,
    policy,
    review,
    robust,
    serving_cost,
    stable_over_time,
    weakest_slice,
)
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.plugins import GATES, find_plugins, load_plugin
from ratchet.records.judgement import GateResult

AnyGate = Gate[Any, Any]  # each has a section and evidence of its own
BUILT_IN: tuple[AnyGate, ...] = (
    data_check.GATE,
    label_shift.GATE,
    beats_baseline.GATE,
    beats_champion.GATE,
    no_slice_worse.GATE,
    weakest_slice.GATE,
    fair.GATE,
    calibrated.GATE,
    decision_cost.GATE,
    stable_over_time.GATE,
    holdout_fresh.GATE,
    review.GATE,
    guard_metrics.GATE,
    no_leak.GATE,
    feature_importance.GATE,
    no_regression.GATE,
    behaves.GATE,
    robust.GATE,
    policy.GATE,
    serving_cost.GATE,
)


def list_gates() -> tuple[str, ...]:
    """Return the names of all gates, those of other packages included; nothing of these is imported."""
    return (*(gate.name for gate in BUILT_IN), *find_plugins(GATES))


def find_gate(name: str) -> AnyGate:
    """Return a gate by its name.

    Raises:
        ConfigError: there is no such gate, or a plug-in can't be loaded, is no gate, or has another gate's name.
    """
    built_in = {gate.name: gate for gate in BUILT_IN}
    plugins = find_plugins(GATES)
    if name not in built_in | plugins:
        known = list_gates()
        raise ConfigError(f"there is no gate '{name}'{did_you_mean(name, known)}; there are {', '.join(known)}")
    if name not in plugins:
        return built_in[name]
    gate: AnyGate = load_plugin(GATES, name, Gate)
    if gate.name != name or name in built_in:
        raise ConfigError(
            f"the plug-in '{name}' of {GATES} calls its gate '{gate.name}'; give both a name no other has"
        )
    return gate


def ask_gates(sections: Mapping[str, GateSection], asked: Asked, found: Findings) -> tuple[GateResult, ...]:
    """Ask every gate that has a section, in the sections' order."""
    return tuple(_ask(sections, asked, found))


def _ask(sections: Mapping[str, GateSection], asked: Asked, found: Findings) -> Iterator[GateResult]:
    for name, section in sections.items():
        yield from find_gate(name).ask(section, asked, found)


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
