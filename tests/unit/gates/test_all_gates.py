"""Every gate is asked, in order."""

from builders.records import make_data_report, make_findings
from builders.runs import make_config
from ratchet.config.judging import Gates
from ratchet.gates.all_gates import ask_gates


def test_every_gate_of_the_yaml_is_asked():
    results = ask_gates(make_config(evaluation={"guards": []}), make_data_report(), make_findings())
    assert {result.gate for result in results} == set(Gates.model_fields)
    assert len(results) == len(Gates.model_fields)


def test_every_guard_metric_is_asked():
    guards = [{"metric": "log_loss"}, {"metric": "f1"}]
    results = ask_gates(make_config(evaluation={"guards": guards}), make_data_report(), make_findings())
    assert {"guard_log_loss", "guard_f1"} < {result.gate for result in results}


def test_without_findings_only_the_data_is_judged():
    assert [result.gate for result in ask_gates(make_config(), make_data_report(), None)] == ["data_check"]
