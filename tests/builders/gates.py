"""Ask one gate as the pipeline does: by a model's YAML, and by one record among all that was measured."""

from dataclasses import fields, replace

from builders.records import make_findings
from ratchet.config.model import ModelConfig
from ratchet.gates.all_gates import find_gate
from ratchet.records.judgement import GateResult


def ask_gate_for_all(name: str, config: ModelConfig, record: object) -> tuple[GateResult, ...]:
    """Every answer of a gate when one record is as given."""
    findings = make_findings()
    field = next(each.name for each in fields(findings) if isinstance(record, type(getattr(findings, each.name))))
    section = config.gates.by_name[name]
    return find_gate(name).ask(section, config.asked, replace(findings, **{field: record}))


def ask_gate(name: str, config: ModelConfig, record: object) -> GateResult:
    """The answer of a gate that has one."""
    (result,) = ask_gate_for_all(name, config, record)
    return result
