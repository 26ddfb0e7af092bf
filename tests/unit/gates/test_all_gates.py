"""Every gate is asked, in order."""

from builders.records import make_findings
from builders.runs import make_config
from ratchet.config.gates import Gates
from ratchet.gates.all_gates import BUILT_IN, ask_gates


def ask(**evaluation):
    config = make_config(evaluation=evaluation)
    return ask_gates(config.gates.by_name, config.asked, make_findings())


def test_every_gate_of_the_yaml_is_asked_in_the_order_of_the_table():
    names = [gate.name for gate in BUILT_IN]
    assert list(Gates.model_fields) == names
    assert [result.gate for result in ask(guards=[])] == names


def test_every_guard_metric_is_asked():
    results = ask(guards=[{"metric": "log_loss"}, {"metric": "f1"}])
    assert {"guard_log_loss", "guard_f1"} < {result.gate for result in results}
