"""A gate of another package is configured, judged and counted like one that is built in."""

import json
import pickle
from dataclasses import dataclass

import pytest

from builders import plugins as example
from builders.gates import ask_gate
from builders.records import (
    make_audit,
    make_behaviour,
    make_data_report,
    make_evaluation,
    make_findings,
    make_serving_costs,
)
from builders.runs import DATA, make_config, make_run
from ratchet import plugins
from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.errors import ConfigError
from ratchet.gates.all_gates import BUILT_IN, ask_gates, find_gate
from ratchet.records.judgement import Decision, Outcome
from ratchet.stages.decide import decide

STRICT = {"few_warnings": {"max_warnings": 0}}


@dataclass
class Entry:
    """An entry point."""

    gate: object
    name: str
    value: str = "some_package:GATE"

    def load(self) -> object:
        return self.gate


def write(folder, gates):
    path = folder / "sales.yaml"
    path.write_text(json.dumps({"model": "sales", "task": "binary", "data": DATA, "gates": gates}, indent=1))
    return path


def judge(home, gates):
    run = make_run(home, make_config(gates=gates))
    return decide(run, make_data_report(), make_evaluation(), make_audit(), make_behaviour(), make_serving_costs())


@pytest.mark.usefixtures("example_package")
def test_the_yaml_names_it_and_a_stored_run_keeps_it(tmp_path):
    config = load_model(write(tmp_path, STRICT))
    assert config.gates.by_name["few_warnings"].max_warnings == 0
    assert ModelConfig.model_validate_json(config.model_dump_json()) == config
    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.usefixtures("example_package")
@pytest.mark.parametrize(
    ("gates", "sentence"),
    [
        ({"few_warning": {}}, r"gates.few_warning: unknown key .did you mean 'few_warnings'"),
        ({"few_warnings": {"max_warning": 1}}, r"gates.few_warnings.max_warning: unknown key .did you mean 'max_warn"),
        ({"few_warnings": {"max_warnings": -1}}, "gates.few_warnings.max_warnings: should be greater .*found -1"),
        ({"few_warnings": None}, "gates.few_warnings: should be a section"),
        ({"few_warnings": {}, "fairr": {}}, r"gates.fairr: unknown key .did you mean 'fair'"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, gates, sentence):
    with pytest.raises(ConfigError, match=rf"sales\.yaml:\d+: {sentence}"):
        load_model(write(tmp_path, gates))


def test_a_record_is_read_without_the_package_and_nothing_is_promoted_by_it(tmp_path):
    with example.installed_example(tmp_path / "installed"):
        record = load_model(write(tmp_path, STRICT)).model_dump_json()
    config = ModelConfig.model_validate_json(record)
    assert config.model_dump_json() == record
    with pytest.raises(ConfigError, match="there is no gate 'few_warnings'"):
        judge(tmp_path, STRICT)


@pytest.mark.usefixtures("example_package")
def test_a_record_with_settings_of_another_version_says_so_when_the_gate_is_asked(tmp_path):
    with pytest.raises(ConfigError, match="'few_warnings' does not take its `most`: Extra inputs are not permitted"):
        judge(tmp_path, {"few_warnings": {"most": 3}})


def test_without_the_package_its_name_is_unknown(tmp_path):
    with pytest.raises(ConfigError, match=r"gates\.few_warnings: unknown key; allowed: data_check"):
        load_model(write(tmp_path, STRICT))
    with pytest.raises(ConfigError, match=r"there is no gate 'few_warnings'; there are data_check, .*serving_cost$"):
        find_gate("few_warnings")


@pytest.mark.usefixtures("example_package")
@pytest.mark.parametrize(
    ("gates", "decision"),
    [
        ({}, Decision.PROMOTE),
        ({"few_warnings": {}}, Decision.PROMOTE),
        (STRICT, Decision.REJECT),
        ({"few_warnings": {"max_warnings": 0, "on_fail": "hold"}}, Decision.HOLD),
    ],
)
def test_its_answer_counts_where_the_yaml_names_it(tmp_path, gates, decision):
    verdict = judge(tmp_path, gates)
    assert verdict.decision is decision
    assert [gate.gate for gate in verdict.gates].count("few_warnings") == len(gates)
    if gates == STRICT:
        assert verdict.reason == "rejected: few_warnings: 1 warnings of the data check, at most 0 may be"


@pytest.mark.usefixtures("example_package")
def test_it_is_asked_after_those_that_are_built_in_and_by_its_own_section():
    config = make_config(evaluation={"guards": []}, gates=STRICT | {"fair": {"on_fail": "hold"}})
    answers = ask_gates(config.gates.by_name, config.asked, make_findings())
    assert [each.gate for each in answers] == [*(gate.name for gate in BUILT_IN), "few_warnings"]
    assert config.gates.by_name["fair"].on_fail == "hold"
    assert ask_gate("few_warnings", config, make_data_report(expectations=())).outcome is Outcome.PASS


def test_installing_it_changes_no_model_that_does_not_name_it(tmp_path):
    before = make_config().fingerprint()
    with example.installed_example(tmp_path):
        assert make_config().fingerprint() == before
        assert make_config(gates={"few_warnings": {}}).fingerprint() != before


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry(find_gate("fair"), name="fair"), "'fair' of ratchet.gates calls its gate 'fair'; give both a name"),
        (Entry(find_gate("fair"), name="fairer"), "'fairer' of ratchet.gates calls its gate 'fair'; give both a name"),
        (Entry("fair", name="fairer"), "'fairer' of ratchet.gates is a str, not a `ratchet.gates.gate.Gate`"),
    ],
    ids=["takes another's place", "two names", "no gate"],
)
def test_a_plug_in_that_is_not_what_it_says_is_refused(monkeypatch, entry, why):
    monkeypatch.setattr(plugins, "entry_points", lambda *, group: [entry] if group == plugins.GATES else [])
    plugins.find_plugins.cache_clear()
    try:
        with pytest.raises(ConfigError, match=why):
            find_gate(entry.name)
    finally:
        monkeypatch.undo()
        plugins.find_plugins.cache_clear()
