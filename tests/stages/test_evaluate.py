"""The challenger is judged on the holdout, once, against the baseline and the champion."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pandas as pd
import pytest

from builders.records import make_candidate, make_challenger, make_part, make_split, make_verdict
from builders.registry import make_home, make_order
from builders.runs import make_config, make_run
from builders.snapshots import make_rows
from builders.weeks import BEGIN, WEEK, monitor_losses
from ratchet.artifacts.estimators import write_pipeline
from ratchet.artifacts.frames import read_frame, write_frame
from ratchet.artifacts.incidents import write_incident
from ratchet.artifacts.monitoring_store import keep_moment, keep_monitoring
from ratchet.artifacts.run_store import find_record, folder_of, keep_record
from ratchet.config.run import Run
from ratchet.config.training import SplitBy
from ratchet.errors import ArtifactError, DataError, TrainingError
from ratchet.gates.all_gates import judge_gate
from ratchet.metrics.registry import metrics_of
from ratchet.models import scoring
from ratchet.models.fitting import fit_candidate
from ratchet.records.alerts import AlertLevel, AlertReport, SignalKind
from ratchet.records.data import Change, Split
from ratchet.records.decision import Thresholds
from ratchet.records.judgement import ChampionRef, Evaluation, Outcome
from ratchet.records.modelling import Challenger
from ratchet.stages.evaluate import describe_few, evaluate, find_label_rates, find_open_loss
from ratchet.stages.promote import promote

SLICES = [{"name": "oslo", "column": "city", "values": ["Oslo"]}]
CONFIG = make_config(evaluation={"slices": SLICES, "resamples": 300})
CLASSES = ("no", "yes")


def write_split(run: Run, *, classes: tuple[str, ...] = CLASSES, frame: pd.DataFrame | None = None) -> Split:
    """Write 700 rows to fit on and 500 to judge on, with the record that the run keeps."""
    rows = make_rows(1200) if frame is None else frame
    parts = {
        name: replace(make_part(name), file=write_frame(part, folder_of(run).file(f"{name}.parquet"), run.home))
        for name, part in (("train", rows[:700]), ("validation", rows[:10]), ("holdout", rows[700:]))
    }
    split = make_split(classes=classes, **parts)
    keep_record(run, "split", split)
    return split


def fit(
    run: Run, *, rows: int = 700, classes: tuple[str, ...] = CLASSES, frame: pd.DataFrame | None = None
) -> Challenger:
    """Fit a linear model on the first rows and write it into the run folder."""
    known = (make_rows(1200) if frame is None else frame)[:rows]
    spec = run.config.candidates[0]
    pipeline = fit_candidate(spec, known, run.config, classes=classes, seed=1, threads=1)
    path = folder_of(run).file("candidates/linear.skops")
    return make_challenger(name="linear", model=write_pipeline(pipeline, path, run.home))


def make_champion(home: Path, config=CONFIG, **fitted: object) -> None:
    """Promote a model of an earlier run."""
    run = make_run(home, config, run_id="earlier")
    keep_record(run, "run", run)
    write_split(run, classes=fitted.get("classes", CLASSES), frame=fitted.get("frame"))
    challenger = fit(run, **fitted)
    promote(run, challenger, make_order(None, challenger))


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A home with a champion, made once: MLflow takes long to take one in."""
    home = make_home(tmp_path_factory.mktemp("champion"))
    make_champion(home)
    return home


@pytest.fixture
def served(once, tmp_path):
    """A copy of that home."""
    return copytree(once, tmp_path / "home")


def test_the_first_model_faces_the_baseline_only(home):
    run = make_run(home, CONFIG)
    challenger = fit(run)
    evaluation = evaluate(run, challenger, write_split(run))
    assert evaluation.challenger_sha256 == challenger.model.sha256
    assert evaluation.champion is None
    assert evaluation.baseline_gain.lower > 0
    assert (evaluation.challenger, evaluation.rows) == ("linear", 500)
    assert evaluation.positives == int(make_rows(1200)[700:]["bought"].value_counts().min())


def test_the_baseline_knows_train_only(home):
    run = make_run(home, CONFIG)
    evaluation = evaluate(run, fit(run), write_split(run))
    rows = make_rows(1200)
    share = rows[:700]["bought"].mean()
    brier = next(each for each in evaluation.metrics if each.metric == "brier").baseline
    assert brier == pytest.approx(((rows[700:]["bought"] - share) ** 2).mean())


def test_the_champion_scores_the_same_rows(home):
    make_champion(home, rows=60)
    run = make_run(home, CONFIG)
    evaluation = evaluate(run, fit(run), write_split(run))
    assert (evaluation.champion.version, evaluation.champion.run_id, evaluation.champion.problem) == (
        1,
        "earlier",
        None,
    )
    assert evaluation.champion_gain.estimate == pytest.approx(
        evaluation.metrics[0].challenger - evaluation.metrics[0].champion
    )
    assert [gain.slice for gain in evaluation.slice_gains] == ["oslo"]


def keep_history(run: Run, challenger: Challenger, split: Split, *, renews: int | None = None) -> None:
    """Write what a renewal asks of the run that made the champion."""
    for name, record in (("run", run), ("select", challenger), ("split", split)):
        keep_record(run, name, record)
    keep_record(run, "decide", make_verdict(renews=renews))


def test_a_renewal_is_also_compared_with_what_was_last_shown_to_be_better(home):
    make_champion(home, rows=60)
    second = make_run(home, CONFIG, run_id="second")
    renewed = linear(fit(second, rows=300))
    promote(second, renewed, make_order(1, renewed))
    keep_history(second, renewed, write_split(second), renews=1)
    run = make_run(home, CONFIG)
    challenger, split = linear(fit(run)), write_split(run)
    found = evaluate(run, challenger, split)
    renewal = found.renewal
    assert (found.champion.version, renewal.problem, renewal.proven) == (2, None, 1)
    assert renewal.proven_gain.challenger == found.champion_gain.challenger
    assert renewal.proven_gain.opponent_value < found.champion_gain.opponent_value  # a model of 60 rows
    keep_history(second, renewed, split, renews=None)
    assert evaluate(run, challenger, split).renewal.proven_gain is None
    keep_history(second, renewed, split, renews=9)
    assert "version 9" in evaluate(run, challenger, split).renewal.problem


def linear(challenger: Challenger) -> Challenger:
    """Write a challenger on its own leaderboard."""
    return replace(challenger, leaderboard=(make_candidate("linear", estimator="linear"),))


def test_the_same_model_gains_nothing(served):
    run = make_run(served, CONFIG)
    gain = evaluate(run, fit(run), write_split(run)).champion_gain
    assert (gain.estimate, gain.lower) == (0, 0)


def test_a_champion_with_another_feature_is_a_problem_not_an_error(home):
    older = make_config(data={"features": {"age": "numeric", "wage": "numeric"}})
    make_champion(home, older, frame=make_rows(1200).assign(wage=1.0))
    run = make_run(home, CONFIG)
    evaluation = evaluate(run, fit(run), write_split(run))
    assert "wage" in evaluation.champion.problem
    assert (evaluation.champion.version, evaluation.champion_gain, evaluation.slice_gains) == (1, None, ())


def test_a_champion_of_other_classes_is_a_problem_not_an_error(home):
    make_champion(home, classes=("yes", "no"))
    run = make_run(home, CONFIG)
    evaluation = evaluate(run, fit(run), write_split(run))
    assert evaluation.champion.problem == "it was trained on the classes yes, no, these rows have no, yes"


def test_a_champion_that_breaks_on_these_rows_is_a_problem(served, monkeypatch):
    run = make_run(served, CONFIG)
    challenger, split = fit(run), write_split(run)

    def fail(*arguments):
        raise TrainingError("ValueError: columns are missing")

    monkeypatch.setattr(scoring, "score_rows", fail)
    problem = evaluate(run, challenger, split).champion.problem
    assert problem == "it does not fit these columns: ValueError: columns are missing"


def test_a_champion_with_another_number_of_classes_is_a_problem(served, monkeypatch):
    run = make_run(served, CONFIG)
    challenger, split = fit(run), write_split(run)
    score = scoring.score_rows
    monkeypatch.setattr(scoring, "score_rows", lambda *rest: score(*rest).reshape(-1, 1).repeat(3, axis=1))
    assert evaluate(run, challenger, split).champion.problem == "it gives 3 numbers a row, the challenger gives 1"


def test_multiclass_is_judged_on_every_class(home):
    names = ("bronze", "gold", "silver")
    config = make_config(task="multiclass", data={"target": {"column": "level"}})
    rows = make_rows(1200)
    frame = rows.assign(level=[names[min(int(age > 40) + int(age > 50), 2)] for age in rows["age"]])
    run = make_run(home, config)
    split = write_split(run, classes=names, frame=frame)
    evaluation = evaluate(run, fit(run, classes=names, frame=frame), split)
    assert evaluation.baseline_gain.lower > 0
    assert [each.metric for each in evaluation.metrics] == list(metrics_of("multiclass"))


def test_regression_is_judged_on_its_errors(home):
    config = make_config(task="regression", data={"target": {"column": "spent"}})
    rows = make_rows(1200)
    frame = rows.assign(spent=rows["age"] * 2.0 + rows["_row"] % 7)
    run = make_run(home, config)
    evaluation = evaluate(run, fit(run, classes=(), frame=frame), write_split(run, classes=(), frame=frame))
    assert evaluation.baseline_gain.lower > 10
    assert evaluation.positives is None


def test_the_same_run_gives_the_same_evaluation_and_keeps_as_json(home):
    run = make_run(home, CONFIG)
    challenger, split = fit(run), write_split(run)
    evaluation = evaluate(run, challenger, split)
    keep_record(run, "evaluate", evaluation)
    assert evaluate(run, challenger, split) == evaluation == find_record(folder_of(run), "evaluate", Evaluation)


def test_the_uses_of_a_holdout_are_counted_once_a_run(home):
    for run_id in ("first", "second", "second"):
        run = make_run(home, CONFIG, run_id=run_id)
        keep_record(run, "run", run)
        evaluation = evaluate(run, fit(run), write_split(run))
        keep_record(run, "evaluate", evaluation)
    assert evaluation.holdout_uses == 2
    assert evaluation.holdout_history.same_rows == ("first",)


def test_a_changed_holdout_is_refused(home):
    run = make_run(home, CONFIG)
    challenger, split = fit(run), write_split(run)
    write_frame(make_rows(300), folder_of(run).file("holdout.parquet"), home)
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        evaluate(run, challenger, split)


def test_a_class_that_the_split_does_not_know_is_refused(home):
    config = make_config(task="multiclass", data={"target": {"column": "city"}, "features": {"age": "numeric"}})
    run = make_run(home, config)
    frame = make_rows(1200).assign(city=["Oslo", "Bern"] * 599 + ["Rome", "Rome"])
    challenger = fit(run, classes=("Bern", "Oslo"), frame=frame)
    with pytest.raises(DataError, match="Rome"):
        evaluate(run, challenger, write_split(run, classes=("Bern", "Oslo"), frame=frame))


def test_decisions_are_made_and_priced_at_each_models_own_thresholds(home):
    config = make_config(evaluation={"resamples": 300}, decision={"costs": {"false_positive": 1, "false_negative": 4}})
    earlier, run = make_run(home, config, run_id="earlier"), make_run(home, config)
    keep_record(earlier, "run", earlier)
    write_split(earlier)
    champion = replace(fit(earlier), thresholds=Thresholds(overall=0.0))
    promote(earlier, champion, make_order(None, champion))
    challenger = replace(fit(run), thresholds=Thresholds(overall=0.2))
    costs = evaluate(run, challenger, write_split(run)).costs
    assert (costs.thresholds.overall, costs.champion_thresholds.overall) == (0.2, 0.0)
    labels = make_rows(1200)[700:]["bought"]
    assert costs.of("champion").positive_share == 1.0
    assert costs.of("champion").per_1000.estimate == pytest.approx(1000 * (labels == 0).mean())
    assert costs.of("challenger").positive_share < 1.0


def test_calibration_is_measured_for_both_and_costs_only_where_there_are_any(served):
    run = make_run(served, CONFIG)
    evaluation = evaluate(run, fit(run), write_split(run))
    assert evaluation.costs is None
    assert evaluation.calibration.change.estimate == pytest.approx(0)
    assert [part.group for part in evaluation.calibration.challenger.in_the_large] == ["overall", "oslo"]


def test_the_champions_classes_are_those_of_its_version_when_its_run_is_gone(served):
    rmtree(served / "runs" / "sales" / "earlier")
    run = make_run(served, CONFIG)
    split = write_split(run)
    assert evaluate(run, fit(run), split).champion.problem is None
    problem = evaluate(run, fit(run), replace(split, classes=("never", "yes"))).champion.problem
    assert problem == "it was trained on the classes no, yes, these rows have never, yes"


HEALTHY, SICK = [0.0] * 3, [0.0, 0.2, 0.2, 0.2]
LATE = {"started": BEGIN + 60 * WEEK}


def keep_reports(home: Path, losses: list[float], **changes: object) -> AlertReport:
    """Watch the champion for some weeks, from which only the last report is looked at."""
    *_, last = monitor_losses(make_config().monitoring.alerts, losses)
    report = replace(last, **changes)
    looked = make_run(home, run_id="monitor", **LATE)
    keep_monitoring(looked, "alert", report)
    keep_moment(looked, report.as_of)
    return report


def find_loss(home: Path, version: int = 1, **facts: object) -> str | None:
    run = make_run(home, run_id="today", **LATE | facts)
    return find_open_loss(run, ChampionRef(version=version, run_id="earlier"))


def test_a_loss_that_labels_show_is_found_while_its_incident_is_open(tmp_path):
    assert find_loss(tmp_path) is None
    report = keep_reports(tmp_path, SICK)
    assert report.incident is not None
    found = find_loss(tmp_path)
    assert found.startswith(f"incident {report.incident.key} is open: ")
    assert "roc_auc" in found
    assert find_loss(tmp_path, version=2) is None  # another champion's
    assert find_loss(tmp_path, started=BEGIN) is None  # nothing of it was known then
    for closed in (None, LATE["started"]):  # opened, and then closed by a person
        write_incident(tmp_path, replace(report.incident, closed=closed), "page")
    assert find_loss(tmp_path) is None


def test_a_healthy_champion_has_no_loss(tmp_path):
    keep_reports(tmp_path, HEALTHY)
    assert find_loss(tmp_path) is None


def test_what_only_announces_a_loss_is_none(tmp_path):
    """An incident over the loss of a segment, or over drift, waives nothing: no label shows that everybody loses."""
    *_, last = monitor_losses(make_config().monitoring.alerts, SICK)
    (loss,) = {
        alert.signal.name: alert
        for alert in last.alerts
        if alert.level is AlertLevel.RED
        and alert.signal.kind is SignalKind.PERFORMANCE
        and alert.signal.name.startswith("performance.")
    }.values()
    for changes in ({"segment": "oslo"}, {"kind": SignalKind.DRIFT}, {"name": "composite.early"}):
        keep_reports(tmp_path, SICK, alerts=(replace(loss, signal=replace(loss.signal, **changes)),))
        assert find_loss(tmp_path) is None


def test_a_damaged_report_of_monitoring_stops_no_retrain(tmp_path):
    keep_reports(tmp_path, SICK)
    next((tmp_path / "monitoring").rglob("alert.json")).write_text("{")
    assert find_loss(tmp_path) is None


def test_a_run_looks_for_an_open_loss_unless_the_yaml_forbids_it(served):
    keep_reports(served, SICK)
    run = make_run(served, CONFIG, **LATE)
    assert "is open" in evaluate(run, fit(run), write_split(run)).lost_since
    strict = make_run(served, CONFIG.model_copy(update={"split": SplitBy(recover=False)}), **LATE)
    assert evaluate(strict, fit(strict), write_split(strict)).lost_since is None


@pytest.mark.parametrize(
    ("rows", "is_changed", "expected"),
    [
        (399, True, "validation has 399 rows since the change after 2026-01-05, needs 400 for slices"),
        (400, True, None),
        (399, False, None),
    ],
)
def test_rows_since_a_change_are_few_until_validation_can_be_cut(tmp_path, rows, is_changed, expected):
    change = Change(at=datetime(2026, 1, 5, tzinfo=UTC), rows=900, before=0.1, after=0.3, run_id="earlier")
    split = make_split(validation=replace(make_part("validation"), rows=rows), change=change if is_changed else None)
    assert describe_few(make_run(tmp_path, CONFIG), split) == expected


def write_labels(run: Run, rates: tuple[float, ...], *, moved: float = 0.0) -> Split:
    """Write parts with these rates of positives; `age` tells them, and moves with them where it is to."""
    chance, sizes = np.random.default_rng(7), (2800, 600, 600)
    rate = np.repeat(rates, sizes)
    frame = make_rows(4000).assign(bought=(chance.random(4000) < rate).astype(np.int8), _row=np.arange(4000))
    frame["age"] = 40 + 12 * frame["bought"] + chance.normal(0, 4, 4000) + moved * (rate - rates[0])
    ends = np.cumsum(sizes)
    parts = {
        name: replace(make_part(name), file=write_frame(frame[end - size : end], folder_of(run).file(name), run.home))
        for name, size, end in zip(("train", "validation", "holdout"), sizes, ends, strict=True)
    }
    return make_split(classes=CLASSES, **parts)


@pytest.mark.parametrize(
    ("rates", "found", "outcome"),
    [((0.36, 0.35, 0.36), 0, Outcome.PASS), ((0.36, 0.35, 0.96), 1, Outcome.FAIL), ((0.3, 0.3, 0.6), 1, Outcome.PASS)],
)
def test_base_rates_are_measured_and_the_inputs_asked_where_they_change(
    tmp_path: Path, rates: tuple[float, ...], found: int, outcome: Outcome
) -> None:
    run = make_run(tmp_path, make_config(split={"method": "time"}))
    measured = find_label_rates(run, write_labels(run, rates))
    assert measured.names == ("yes",)
    assert [part.shares[0] for part in measured.parts] == pytest.approx(rates, abs=0.06)
    assert len(measured.shifts) == found
    for shift in measured.shifts:
        assert abs(shift.rows_before - 3400) < 40
        assert shift.expected > (rates[0] + rates[2]) / 2
    result = judge_gate("label_shift", measured)[0]
    assert (result.outcome is Outcome.PASS) == (outcome is Outcome.PASS)


def test_inputs_that_stay_where_they_were_let_expect_no_change(tmp_path: Path) -> None:
    run = make_run(tmp_path, make_config(split={"method": "time"}))
    split = write_labels(run, (0.3, 0.3, 0.6))
    frame = read_frame(split.holdout.file, run.home)
    frame["age"] = np.random.default_rng(1).permutation(read_frame(split.train.file, run.home)["age"])[:600]
    split = replace(split, holdout=replace(split.holdout, file=write_frame(frame, tmp_path / "holdout", tmp_path)))
    (shift,) = find_label_rates(run, split).shifts
    assert shift.expected == pytest.approx(0.3, abs=0.1)
    assert judge_gate("label_shift", find_label_rates(run, split))[0].outcome is Outcome.INCONCLUSIVE
