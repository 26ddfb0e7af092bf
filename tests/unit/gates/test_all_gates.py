"""Every gate is asked, in order."""

from builders.records import make_data_report, make_findings
from builders.runs import make_config
from ratchet.config.judging import Gates
from ratchet.gates.all_gates import ask_gates


def test_every_gate_of_the_yaml_is_asked():
    results = ask_gates(make_config(), make_data_report(), make_findings())
    assert {result.gate for result in results} == set(Gates.model_fields)
    assert len(results) == len(Gates.model_fields)


def test_without_findings_only_the_data_is_judged():
    assert [result.gate for result in ask_gates(make_config(), make_data_report(), None)] == ["data_check"]
