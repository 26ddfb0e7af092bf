"""`import ratchet as rt`, as a notebook would use it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import ratchet as rt
from builders.projects import make_project
from ratchet.errors import ConfigError, DataError
from ratchet.gates.beats_champion import ChampionGain
from ratchet.gates.guard_metrics import GuardGains
from ratchet.records.alerts import AlertLevel
from ratchet.records.drift import DriftLevel
from ratchet.records.judgement import ChampionRef, Decision, Outcome
from ratchet.records.leakage import Audit, LeakKind

HEAVY = ("numpy", "pandas", "pyarrow", "sklearn", "mlflow", "airflow", "pydantic")


def draw(rows: int = 2000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, a good model's probabilities and a weaker one's."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=rows)
    labels = (rng.uniform(size=rows) < 1 / (1 + np.exp(-2 * inputs))).astype(int)
    weak = 1 / (1 + np.exp(-inputs - rng.normal(size=rows)))
    return labels, 1 / (1 + np.exp(-2 * inputs)), weak


def test_the_import_loads_nothing_heavy():
    code = f"import sys, ratchet; print([name for name in {HEAVY} if name in sys.modules], ratchet.__version__)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.startswith("[] ")


def test_every_public_name_is_there_and_others_are_named():
    assert all(callable(getattr(rt, name)) for name in rt.__all__)
    with pytest.raises(AttributeError, match=r"no attribute 'compares'; it has .*compare"):
        _ = rt.compares


def test_two_models_are_compared_both_ways():
    labels, good, weak = draw()
    gain, loss = rt.compare(labels, good, weak, task="binary"), rt.compare(labels, weak, good, task="binary")
    assert gain.metric == "roc_auc"
    assert gain.lower > 0 > loss.upper
    assert gain.estimate == pytest.approx(-loss.estimate)


def test_a_loss_is_turned_so_that_positive_is_better():
    rng = np.random.default_rng(2)
    values = rng.normal(size=500)
    gain = rt.compare(values, values + rng.normal(0, 0.1, 500), values + rng.normal(0, 1, 500), task="regression")
    assert gain.metric == "rmse"
    assert gain.lower > 0


def test_classes_have_names_and_columns():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 3, 600)
    good = np.full((600, 3), 0.1)
    good[np.arange(600), codes] = 0.8
    gain = rt.compare(np.array(["a", "b", "c"])[codes], good, np.full((600, 3), 1 / 3), task="multiclass")
    assert gain.lower > 0


def test_whole_groups_are_drawn_where_rows_repeat_one():
    labels, good, weak = draw(400)
    rows = rt.compare(labels, good, weak, task="binary", metric="brier")
    groups = rt.compare(
        np.repeat(labels, 5), np.repeat(good, 5), np.repeat(weak, 5), task="binary", metric="brier",
        groups=np.repeat(np.arange(400), 5),
    )  # fmt: skip
    assert groups.resampling == "groups"
    assert groups.upper - groups.lower == pytest.approx(rows.upper - rows.lower, rel=0.15)


def test_predictions_of_other_rows_are_refused():
    labels, good, weak = draw(100)
    with pytest.raises(DataError, match="100 labels, 100 predictions of the challenger and 99 of the champion"):
        rt.compare(labels, good, weak[1:], task="binary")


def make_frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    then = pd.DataFrame(
        {"age": rng.normal(40, 9, 3000), "plan": rng.choice(["a", "b"], 3000), "is_new": rng.uniform(size=3000) < 0.5}
    )
    return then, then.sample(1500, random_state=5)


def test_drift_is_found_in_the_column_that_moved_only():
    then, now = make_frames()
    report = rt.measure_drift(then, now.assign(age=now["age"] + 9))
    levels = {column.column: column.level for column in report.drift.columns}
    assert levels == {"age": DriftLevel.ACT, "plan": DriftLevel.NONE, "is_new": DriftLevel.NONE}
    assert report.table["column"][0] == "age"


def test_a_notebook_shows_a_table_and_escapes_names():
    then, now = make_frames()
    html = rt.measure_drift(then.rename(columns={"age": "<b>"}), now.rename(columns={"age": "<b>"}))._repr_html_()
    assert "3,000 rows then, 1,500 now" in html
    assert "&lt;b&gt;" in html


def test_numbers_can_be_codes():
    codes = pd.DataFrame({"code": [1, 2, 3] * 200})
    report = rt.measure_drift(codes, codes.replace(3, 9), kinds={"code": "categorical"})
    assert [new.name for new in report.drift.columns[0].new_categories] == ["9"]


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        ({"other": "numeric"}, "no column other"),
        ({"when": "number"}, "column 'when' has the kind 'number', should be"),
        (None, "'when' holds times"),
    ],
)
def test_what_has_no_kind_is_named(kinds, why):
    frame = pd.DataFrame({"when": pd.date_range("2026-01-01", periods=5)})
    with pytest.raises(DataError, match=why):
        rt.measure_drift(frame, frame, kinds=kinds)


def make_table(rows: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows), "k": rng.choice(["x", "y"], rows)})
    return frame.assign(y=(rng.uniform(size=rows) < 1 / (1 + np.exp(-frame["a"]))).astype(int))


def test_a_copy_of_the_target_is_found_and_a_clean_table_is_not_accused():
    clean = make_table()
    leaky = clean.assign(copied=clean["y"] * 10.0)
    found = rt.find_leaks(leaky[:1000], leaky[1000:], target="y", task="binary")
    assert [(each.kind, each.columns) for each in found.findings] == [(LeakKind.COLUMN, ("copied",))]
    assert rt.find_leaks(clean[:1000], clean[1000:], target="y", task="binary").findings == ()


def test_rows_in_both_parts_are_found():
    table = make_table()
    twice = pd.concat([table[1000:], table[:300]], ignore_index=True)
    kinds = {each.kind for each in rt.find_leaks(table[:1000], twice, target="y", task="binary").findings}
    assert LeakKind.DUPLICATES in kinds


def test_a_throttle_says_when():
    from ratchet.config.throttle import Throttle
    from ratchet.records.admission import Attempt, Trigger, TriggerKind

    now = datetime(2026, 1, 10, tzinfo=UTC)
    asked = Trigger(key="k", kind=TriggerKind.DRIFT, model="m", at=now, actor="monitor", reason="it moved")
    before = Attempt(run_id="r", started=now - timedelta(hours=1), seconds=5, succeeded=True)
    throttle = Throttle.model_validate({"min_interval": "6h", "min_interval_after_success": "6h"})
    answer = rt.admit(throttle, now=now, triggers=(asked,), attempts=(before,))
    assert not answer.admitted
    assert answer.at == now + timedelta(hours=5)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda train, holdout: (train.drop(columns="y"), holdout), "training rows have no column y"),
        (lambda train, holdout: (train, holdout.drop(columns="b")), "only one of training rows and holdout has .* b"),
        (lambda train, holdout: (train.assign(y=2), holdout), "holds 2, which is no label of a binary task"),
        (lambda train, holdout: (train, holdout.assign(y=None)), "which is no label of a binary task"),
    ],
    ids=["no target", "other columns", "another label", "no label"],
)
def test_frames_that_can_not_be_searched_are_refused(change, why):
    table = make_table(300)
    with pytest.raises(DataError, match=why):
        rt.find_leaks(*change(table[:200], table[200:]), target="y", task="binary")


def test_a_missing_label_is_no_class_of_its_own():
    labels = np.array(["a", "b", None] * 30, dtype=object)
    shares = np.full((90, 2), 0.5)
    with pytest.raises(DataError, match="which is no label of a multiclass task"):
        rt.compare(labels, shares, shares, task="multiclass")


def test_frames_without_a_column_in_common_are_refused():
    with pytest.raises(DataError, match="no column in common"):
        rt.measure_drift(pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]}))


def test_a_kind_that_there_is_not_is_refused():
    frame = pd.DataFrame({"a": [1.0]})
    with pytest.raises(DataError, match="column 'a' has the kind 'number', should be numeric"):
        rt.measure_drift(frame, frame, kinds={"a": "number"})


@pytest.fixture
def sales(tmp_path, monkeypatch):
    """A model in a project of its own, loaded by its name."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    make_project(tmp_path, rows=1500)
    return rt.load("sales", project=tmp_path)


@pytest.mark.slow
def test_a_model_is_run_scored_and_monitored(sales, tmp_path):
    result = sales.run(candidates=("linear",), reason="first", run_id="first")
    assert result.promotion.version == 1
    assert (tmp_path / "var" / "runs" / "sales" / "first" / "report.html").is_file()
    scoring = sales.score(source="data.csv")
    assert (scoring.version, scoring.rows > 0) == (1, True)
    assert sales.monitor().alert_report.level is AlertLevel.UNKNOWN  # these rows are long past


def test_what_a_run_is_asked_for_is_frozen(sales):
    asked = sales.ask(as_of=datetime(2025, 3, 1, tzinfo=UTC), candidates=("linear",))
    assert (asked.as_of, asked.candidates) == (datetime(2025, 3, 1, tzinfo=UTC), ("linear",))
    with pytest.raises(ConfigError, match="no candidate 'liner'"):
        sales.ask(candidates=("liner",))


def test_a_model_that_is_not_there_is_named_with_what_is(tmp_path):
    make_project(tmp_path)
    with pytest.raises(ConfigError, match=r"no model 'sale' \(did you mean 'sales'"):
        rt.load("sale", project=tmp_path)


def test_one_gate_is_asked_by_its_settings_and_its_evidence():
    labels, good, weak = draw()
    gain = rt.compare(labels, good, weak, task="binary")
    champion = ChampionRef(version=1, run_id="old")
    evidence = ChampionGain(champion=champion, gain=gain, min_rows=200, min_positives=100)
    (passed,) = rt.judge_gate("beats_champion", evidence)
    (failed,) = rt.judge_gate("beats_champion", evidence, {"min_gain": 0.4, "on_fail": "hold"})
    assert (passed.outcome, passed.consequence) == (Outcome.PASS, Decision.PROMOTE)
    assert (failed.outcome, failed.consequence) == (Outcome.FAIL, Decision.HOLD)
    guarded = GuardGains(
        champion=champion, gains=(gain,), tolerances={"roc_auc": 0.05, "brier": 0.05}, min_rows=200, min_positives=100
    )
    assert [each.gate for each in rt.judge_gate("guard_metrics", guarded)] == ["guard_roc_auc", "guard_brier"]


def test_a_gate_that_is_asked_wrongly_says_what_it_needs():
    labels, good, weak = draw(300)
    gain = rt.compare(labels, good, weak, task="binary")
    with pytest.raises(DataError, match=r"looks at a `ratchet.gates.beats_champion.ChampionGain`, not at a Gain"):
        rt.judge_gate("beats_champion", gain)
    with pytest.raises(ConfigError, match=r"there is no gate 'beat_champion' .did you mean 'beats_champion'"):
        rt.judge_gate("beat_champion", gain)
    with pytest.raises(ValidationError, match="max_wide"):
        rt.judge_gate("no_leak", Audit(findings=(), checks=()), {"max_wide": 1})
