"""Every mistake in a YAML file is one sentence that names file, line, key, what is allowed and what was found."""

from pathlib import Path

import pytest

from ratchet.config.gates import Gates
from ratchet.config.load import load_model
from ratchet.errors import ConfigError
from ratchet.gates.beats_champion import INSTEAD

GOOD = """\
model: sales
task: binary
data:
  source:
    path: data.csv
  time:
    column: when
  target:
    column: bought
    positive: "yes"
  features:
    age: numeric
candidates:
  - name: linear
    estimator: linear
evaluation:
  slices:
    - name: old
      column: age
      at_least: 60
gates:
  beats_champion:
    min_gain: 0.0
"""
MISTAKES = {
    "a typo in a choice": (
        "task: binary",
        "task: binry",
        "2: task: should be 'binary', 'multiclass' or 'regression' (did you mean 'binary'?); found 'binry'",
    ),
    "a typo in a nested key": (
        "path: data.csv",
        "path: data.csv\n    delimeter: ';'",
        "6: data.source.delimeter: unknown key (did you mean 'delimiter'?); "
        "allowed: path, delimiter, encoding, sheet, missing, header",
    ),
    "a typo in a list's item": (
        "estimator: linear",
        "estimator: linear\n    time_limt: 1h",
        "16: candidates.0.time_limt: unknown key (did you mean 'time_limit'?); "
        "allowed: name, estimator, parameters, monotone, interactions, window, half_life, refresh, full_after, "
        "resample, time_limit, memory_limit",
    ),
    "a typo in a gate": (
        "beats_champion:",
        "beats_champio:",
        "22: gates.beats_champio: unknown key (did you mean 'beats_champion'?); "
        f"allowed: {', '.join(Gates.model_fields)}",
    ),
    "a gate's earlier name": (
        "beats_champion:",
        "remembers: {}\n  beats_champion:",
        "22: gates.remembers: this key is called 'no_regression' now",
    ),
    "an earlier name elsewhere": (
        "task: binary",
        "task: binary\nmonitoring: {drift: {usual: false}}",
        "3: monitoring.drift.usual: this key is called 'seasonal_baseline' now",
    ),
    "an earlier name where the new one is no key": (
        "path: data.csv",
        "path: data.csv\n    usual: false",
        "6: data.source.usual: unknown key; allowed: path, delimiter, encoding, sheet, missing, header",
    ),
    "the switch that renewals made superfluous": (
        "min_gain: 0.0",
        "stale: true\n    margin: 0.01",
        f"22: gates.beats_champion: {INSTEAD}",
    ),
    "a key of the other kind of source": (
        "path: data.csv",
        "path: data.csv\n    query: select 1\n    url_env: URL",
        "5: data.source.path: unknown key; allowed: url_env, query",
    ),
    "a missing key": (
        "    column: bought\n",
        "",
        "8: data.target.column: missing; it must be given",
    ),
    "NO for the text no": (
        'positive: "yes"',
        "positive: NO",
        '10: data.target.positive: should be text; found NO, which YAML does not read as text: write "NO"',
    ),
    "a number for text": (
        "model: sales",
        "model: sales\nowner: 12",
        '2: owner: should be text; found 12, which YAML does not read as text: write "12"',
    ),
    "text for a number": (
        "min_gain: 0.0",
        "min_gain: '0.1'",
        "23: gates.beats_champion.min_gain: should be a number; found '0.1', which YAML reads as text",
    ),
    "a number that YAML reads as text": (
        "min_gain: 0.0",
        "min_gain: 1e-3",
        "23: gates.beats_champion.min_gain: should be a number; found '1e-3', which YAML reads as text",
    ),
    "NaN": (
        "min_gain: 0.0",
        "min_gain: .nan",
        "23: gates.beats_champion.min_gain: should be a finite number; found .nan",
    ),
    "a number out of range": (
        "min_gain: 0.0",
        "min_gain: -1",
        "23: gates.beats_champion.min_gain: should be greater than or equal to 0; found -1",
    ),
    "a column name with markup": (
        "age: numeric",
        "<b>: numeric",
        "12: data.features.<b>: should begin with a letter or _, then letters, digits, blanks, _ . - ( ) % "
        "and the signs ° ² ³ µ £ € (at most 63 in all); found '<b>'",
    ),
    "a name with capitals": (
        "- name: linear",
        "- name: Linear",
        "14: candidates.0.name: should begin with a small letter, then small letters, digits, _ and - "
        "(at most 63 in all); found 'Linear'",
    ),
    "a word for a list": (
        "    age: numeric\n",
        "    age: numeric\n  ignore: city\n",
        "13: data.ignore: should be a list; found 'city'",
    ),
    "a word for a section": (
        "min_gain: 0.0",
        "min_gain: 0.0\nschedule: weekly",
        "24: schedule: should be a section: keys with their values; found 'weekly'",
    ),
    "no feature": (
        "features:\n    age: numeric",
        "features: {}",
        "11: data.features: should have at least 1 of them",
    ),
    "a duration without a unit": (
        "    age: numeric\n",
        "    age: numeric\n  label_delay: 7\n",
        "13: data.label_delay: should be a duration such as 90s, 30min, 12h, 7d or 2w; found 7",
    ),
    "a date for a time": (
        "column: when",
        "order: rows\n    start: 2026-01-01\n    every: 1h",
        "8: data.time.start: should be a time with its zone, such as 2026-01-31T00:00:00Z; found 2026-01-01",
    ),
    "a time without its zone": (
        "column: when",
        "order: rows\n    start: 2026-01-01 10:00:00\n    every: 1h",
        "8: data.time.start: should be a time with its zone, such as 2026-01-31T00:00:00Z; found 2026-01-01 10:00:00",
    ),
    "text for a time": (
        "column: when",
        "order: rows\n    start: yesterday\n    every: 1h",
        "8: data.time.start: should be a time with its zone, such as 2026-01-31T00:00:00Z; found 'yesterday'",
    ),
    "a start without a step": (
        "column: when",
        "order: rows\n    start: 2026-01-01T00:00:00Z",
        "6: data.time: `start` and `every` go together: give both, or neither",
    ),
    "a target among the features": (
        "age: numeric",
        "age: numeric\n    bought: boolean",
        "3: data: the target 'bought' can't be a feature as well",
    ),
    "an ignored feature": (
        "    age: numeric\n",
        "    age: numeric\n  ignore: [age]\n",
        "3: data: ignored and used at once: age",
    ),
    "a slice of both kinds": (
        "at_least: 60",
        "at_least: 60\n      values: [a]",
        "18: evaluation.slices.0: a slice has exactly one of `values`, `at_least` and/or `below`, `bins`, `newest`, "
        "`since` and/or `until`, or `where`",
    ),
    "a slice on nothing known": (
        "      column: age",
        "      column: height",
        "1: the file: slice 'old': 'height' is neither a feature nor sensitive nor a key",
    ),
    "a metric of another task": (
        "evaluation:",
        "evaluation:\n  metric: rmse",
        "1: the file: metric 'rmse' is not for a binary task; "
        "allowed: roc_auc, average_precision, log_loss, brier, f1, precision, recall, accuracy, precision_at_k",
    ),
    "a binary task without its positive value": (
        '    positive: "yes"\n',
        "",
        "1: the file: a binary task names `data.target.positive`, the value that counts as positive",
    ),
    "a group split without a group": (
        "candidates:",
        "split: {method: group}\ncandidates:",
        "1: the file: `split.method: group` needs `data.group`",
    ),
    "nothing left to train on": (
        "candidates:",
        "split: {validation: 0.4, holdout: 0.4}\ncandidates:",
        "1: the file: `split.validation` and `split.holdout` together leave less than a fifth to train on",
    ),
    "a planned size that leaves nothing": (
        "candidates:",
        "split: {validation: 0.4, holdout: {detects: 0.01, most: 0.45}}\ncandidates:",
        "1: the file: `split.validation` and `split.holdout` together leave less than a fifth to train on",
    ),
    "a size of no kind": (
        "candidates:",
        "split: {validation: {detects: 0.01}}\ncandidates:",
        "13: split.validation: should be a share such as 0.15, a number of rows such as 5000, or a length of time such "
        "as 14d",
    ),
    "a share too large": (
        "candidates:",
        "split: {holdout: 0.7}\ncandidates:",
        "13: split.holdout: should be less than 0.5; found 0.7",
    ),
    "a length of nothing": (
        "candidates:",
        'split: {holdout: "0d"}\ncandidates:',
        "13: split.holdout: should be longer than zero; found '0d'",
    ),
    "a planned size with a wrong key": (
        "candidates:",
        "split: {holdout: {detects: 0.01, mots: 0.4}}\ncandidates:",
        "13: split.holdout.mots: unknown key (did you mean 'most'?); allowed: detects, most",
    ),
    "a planned size at random": (
        "candidates:",
        "split: {method: random, holdout: {detects: 0.01}}\ncandidates:",
        "1: the file: `split.holdout` is a share or a number of rows where `split.method` is random",
    ),
    "a length at random": (
        "candidates:",
        "split: {method: random, validation: 14d}\ncandidates:",
        "1: the file: `split.validation` is a share or a number of rows where `split.method` is random",
    ),
    "a candidate twice": (
        "    estimator: linear",
        "    estimator: linear\n  - name: linear\n    estimator: xgboost",
        "1: the file: candidate names repeat: linear, linear",
    ),
    "no time to fit": (
        "    estimator: linear",
        "    estimator: linear\n    time_limit: 0s",
        "14: candidates.0: `time_limit` must be longer than zero",
    ),
    "a window without a clock": (
        "column: when",
        "order: rows\nsplit: {window: 30d}",
        "1: the file: `split.window` needs a clock: give `time` a column, or `start` and `every`",
    ),
    "a length without a clock": (
        "column: when",
        "order: rows\nsplit: {holdout: 30d}",
        "1: the file: `split.holdout: 30d` needs a clock: give `time` a column, or `start` and `every`",
    ),
    "a name that is not the file's": (
        "model: sales",
        "model: sells",
        "1: model: 'sells' does not match the file's name; call it 'sales' or rename the file to sells.yaml",
    ),
}


def write(folder: Path, text: str) -> Path:
    """A model file."""
    path = folder / "sales.yaml"
    path.write_text(text)
    return path


def test_the_starting_point_is_valid(tmp_path: Path) -> None:
    assert load_model(write(tmp_path, GOOD)).model == "sales"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, mistake: str) -> None:
    old, new, sentence = MISTAKES[mistake]
    assert old in GOOD
    if mistake.endswith("without a clock"):  # the new key stands before the old section's end
        order, section = new.split("\n")
        text = GOOD.replace("  time:\n    column: when\n", f"  time:\n    {order}\n") + f"{section}\n"
    else:
        text = GOOD.replace(old, new)
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}:{sentence}"


def test_every_mistake_has_its_own_line_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("task: binary", "task: binry").replace("numeric", "numbr").replace("0.0", "-1")
    with pytest.raises(ConfigError) as caught:
        load_model(write(tmp_path, text + "extra: 1\n"))
    lines = str(caught.value).splitlines()
    assert [int(line.split(":")[1]) for line in lines] == [2, 12, 23, 24]


def test_a_long_value_is_cut_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_model(write(tmp_path, GOOD.replace("task: binary", f"task: {'x' * 5000}")))
    assert len(str(caught.value)) < 300
    assert str(caught.value).endswith("…")


def test_a_file_that_is_a_list_is_told_what_it_should_be(tmp_path: Path) -> None:
    path = write(tmp_path, "- model: sales\n")
    with pytest.raises(ConfigError, match="the file: should be a section: keys with their values"):
        load_model(path)


def test_a_feature_may_have_the_name_of_a_kind_of_source(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("    age: numeric", "    age: numeric\n    FileSource: numbr"))
    with pytest.raises(ConfigError, match=r"13: data\.features.FileSource: should be 'numeric'"):
        load_model(path)


def test_all_parts_that_do_not_fit_together_are_told_at_once(tmp_path: Path) -> None:
    wrong = GOOD.replace(
        "candidates:", "split: {method: group}\nmonitoring: {window: 500, segments: [aeg]}\ncandidates:"
    )
    with pytest.raises(ConfigError) as caught:
        load_model(write(tmp_path, wrong))
    split, window, segment = str(caught.value).splitlines()
    assert split.endswith("the file: `split.method: group` needs `data.group`")
    assert window.endswith("`monitoring.window` should be a duration, such as 7d")
    assert segment.endswith("`monitoring.segments` names 'aeg' (did you mean 'age'?)")
