"""Evaluate the challenger on the holdout, against the trivial baseline and the champion. It is scored once."""

import logging
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd
import pyarrow as pa
from sklearn.pipeline import Pipeline

from ratchet.alerts.composites import is_composite
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.incidents import read_closing
from ratchet.artifacts.monitoring_store import find_latest_alert_report
from ratchet.artifacts.past_runs import find_holdout_history, find_renewal, read_past_runs
from ratchet.config.run import Run
from ratchet.data.clock import count_moments
from ratchet.errors import ArtifactError, RatchetError, RegistryError
from ratchet.evaluation.calibrating import name_classes
from ratchet.evaluation.comparison import Comparison, Scored, score_baseline, with_decisions
from ratchet.evaluation.costs import measure_costs
from ratchet.evaluation.decisions import HALF
from ratchet.evaluation.diagnostics import measure_diagnostics
from ratchet.evaluation.gains import ClassNames
from ratchet.evaluation.judging import judge, measure_champion_gain
from ratchet.evaluation.label_rates import LabelledRows, Positions, measure_label_rates
from ratchet.evaluation.run_changes import compare_runs
from ratchet.evaluation.slices.search import search_slices
from ratchet.models.expected_share import NEAREST, expect_share
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.scoring import score_alike, score_rows
from ratchet.records.alerts import Alert, AlertLevel, SignalKind
from ratchet.records.data import Part, Split
from ratchet.records.decision import Thresholds
from ratchet.records.judgement import ChampionRef, Evaluation, Renewal
from ratchet.records.label_rates import LabelRates
from ratchet.records.modelling import Challenger
from ratchet.records.review import Changes
from ratchet.registry.champion import require_version
from ratchet.registry.model_files import LoadedChampion, load_champion, load_judged
from ratchet.reports.wording import when
from ratchet.timeline import is_before

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two models of a run, loaded once."""

    challenger: Pipeline
    thresholds: Thresholds
    champion: LoadedChampion | None


def evaluate(run: Run, challenger: Challenger, split: Split) -> Evaluation:
    """Measure the challenger on the holdout.

    Raises:
        ArtifactError: the holdout or the challenger is not what its record says.
        DataError: the holdout holds a label that is none of the split's classes.
    """
    sides = Sides(
        challenger=read_pipeline(challenger.model, run.home),
        thresholds=challenger.thresholds or HALF,
        champion=load_champion(run, split.classes),
    )
    # validation first, and let go of before the holdout is read: one of both in memory at a time
    search = search_slices(_compare(run, sides, split, split.validation)[0])
    comparison, champion = _compare(run, sides, split, split.holdout)
    evaluation = judge(comparison, challenger=challenger.name, champion=champion, search=search)
    changes = compare_with_past(run, challenger, split, evaluation)
    history = find_holdout_history(run, split)
    evaluation = replace(
        evaluation,
        challenger_sha256=challenger.model.sha256,
        calibration=name_classes(evaluation.calibration, split.classes),
        costs=measure_costs(comparison, thresholds=sides.thresholds, champion=_thresholds_of(sides.champion)),
        diagnostics=measure_diagnostics(
            comparison, thresholds=sides.thresholds, champion=_thresholds_of(sides.champion)
        ),
        changes=changes,
        holdout_uses=history.uses,
        holdout_history=history,
        lost_since=_describe_loss(run, split, champion),
        few_since=describe_few(run, split),
        renewal=measure_renewal(run, challenger, split, comparison, champion),
        label_rates=find_label_rates(run, split),
    )
    logger.info("%s %s: judged %s on %d rows", run.model, run.run_id, challenger.name, evaluation.rows)
    return evaluation


def compare_with_past(run: Run, challenger: Challenger, split: Split, evaluation: Evaluation) -> Changes | None:
    """Put a run beside the champion's own and the earlier ones; None when there is no champion to compare with."""
    if evaluation.champion is None:
        return None
    runs = read_past_runs(run, challenger, split, evaluation)
    if runs.champion is None:
        made_by = evaluation.champion.run_id
        return Changes(problem=f"run {made_by}, which made the champion, has no readable records any more")
    return compare_runs(runs.now, runs.earlier, runs.champion, challenger.name)


def measure_renewal(
    run: Run, challenger: Challenger, split: Split, comparison: Comparison, champion: ChampionRef | None
) -> Renewal | None:
    """Look whether the recipe is the champion's; compare with the one last shown to be better, if that is another."""
    if champion is None or champion.problem is not None:
        return None
    found = find_renewal(run, challenger, split, made_by=champion.run_id)
    if found.problem is not None or found.proven is None:
        return found
    try:
        proven = load_judged(run, require_version(run, found.proven), split.classes)
    except RegistryError as error:
        return replace(found, problem=str(error))
    reference, scored = _score_champion(run, proven, comparison.frame, comparison.challenger.scores)
    if reference is not None and reference.problem is not None:
        return replace(found, problem=f"version {found.proven} can't score these rows: {reference.problem}")
    return replace(found, proven_gain=measure_champion_gain(replace(comparison, champion=scored)))


def find_label_rates(run: Run, split: Split) -> LabelRates:
    """Measure the base rate by part and over time; features are read only where it changes at once."""
    config, data = run.config, run.config.data
    parts = (split.train, split.validation, split.holdout)
    columns = [data.target.column, data.order_column, *([data.group] if data.group else [])]
    frame = pd.concat(
        [read_frame(part.file, run.home, columns=columns).assign(part=code) for code, part in enumerate(parts)]
    )
    rows = LabelledRows(
        labels=encode_labels(frame[data.target.column], config.task, split.classes),
        parts=frame["part"].to_numpy(),
        moments=count_moments(pa.chunked_array([pa.array(frame[data.order_column])])),
        groups=pd.factorize(frame[data.group], use_na_sentinel=False)[0] if data.group else None,
        is_ordered=data.has_clock or config.split.method == "time",
        has_clock=data.has_clock,
    )

    @cache  # several classes may change
    def read_features() -> pd.DataFrame:
        return pd.concat([read_frame(part.file, run.home, columns=list(data.features)) for part in parts])

    def expect(before: Positions, since: Positions, hits: Floats) -> float | None:
        features, older, newer = read_features(), before[-NEAREST:], since[:NEAREST]
        return expect_share(features.iloc[older], hits[older], features.iloc[newer], config)

    change = split.change.at if split.change else None
    return measure_label_rates(config.task, split.classes, rows, expect, change=change)


def _compare(run: Run, sides: Sides, split: Split, part: Part) -> tuple[Comparison, ChampionRef | None]:
    """Score one part of the split with every side."""
    config, home, classes = run.config, run.home, split.classes
    target = config.data.target.column
    frame = read_frame(part.file, home)
    learned = encode_labels(read_frame(split.train.file, home, columns=[target])[target], config.task, classes)
    scores = score_rows(sides.challenger, frame, config)
    reference, champion = _score_champion(run, sides.champion, frame, scores)
    comparison = Comparison(
        config=config,
        frame=frame,
        labels=encode_labels(frame[target], config.task, classes),
        classes=len(classes),
        challenger=with_decisions(config.task, scores, frame, sides.thresholds),
        champion=champion,
        baseline=score_baseline(config, learned, frame, classes=len(classes)),
        names=ClassNames.of(config, classes),
    )
    return comparison, reference


def _describe_loss(run: Run, split: Split, champion: ChampionRef | None) -> str | None:
    if champion is None or not run.config.split.recover:
        return None
    return _describe_change(run, split) or find_open_loss(run, champion)


def _describe_change(run: Run, split: Split) -> str | None:
    """Say since when the champion has lost; a change that an earlier run found is no news."""
    change = split.change
    if change is None or change.run_id != run.run_id:
        return None
    return f"the champion's loss rose from {change.before:.4g} to {change.after:.4g} after {when(change.at)}"


def describe_few(run: Run, split: Split) -> str | None:
    """Say that validation can't be cut into two slices yet, as it is of the rows since a change."""
    rows, needed = split.validation.rows, 2 * run.config.evaluation.slice_search.min_rows
    if split.change is None or rows >= needed:
        return None
    return f"validation has {rows:,} rows since the change after {when(split.change.at)}, needs {needed:,} for slices"


def find_open_loss(run: Run, champion: ChampionRef) -> str | None:
    """Return the loss of the champion that labels show, while its incident is open, one sentence; None without one."""
    try:
        report = find_latest_alert_report(run.home, run.model, has_clock=run.config.data.has_clock)
    except ArtifactError as error:
        logger.warning("%s %s: it can't be told whether the model is red: %s", run.model, run.run_id, error)
        return None
    # what a later window showed was not known to a run of an earlier day
    is_later = report is not None and run.known_at is not None and is_before(run.known_at, report.as_of)
    if report is None or report.incident is None or report.version != champion.version or is_later:
        return None
    incident, shown = report.incident, next(filter(_is_loss, report.alerts), None)
    is_closed = incident.closed is not None or read_closing(run.home, incident) is not None
    return None if shown is None or is_closed else f"incident {incident.key} is open: {shown.sentence}"


def _is_loss(alert: Alert) -> bool:
    """Tell whether labels show that everybody's rows are answered worse, enough to be red by itself."""
    signal = alert.signal
    is_shown = signal.kind is SignalKind.PERFORMANCE and signal.segment is None and not is_composite(signal)
    return is_shown and alert.level is AlertLevel.RED


def _thresholds_of(champion: LoadedChampion | None) -> Thresholds | None:
    return None if champion is None else champion.facts.thresholds or HALF


def _score_champion(
    run: Run, champion: LoadedChampion | None, frame: pd.DataFrame, scores: Floats
) -> tuple[ChampionRef | None, Scored | None]:
    """Score the champion on the same rows; what keeps it from that is a problem for the gates, not an error."""
    if champion is None:
        return None, None
    reference = ChampionRef(version=champion.facts.version, run_id=champion.facts.run_id, problem=champion.problem)
    if champion.pipeline is None:
        return reference, None
    try:
        scored = score_alike(champion.pipeline, frame, run.config, scores)
    except RatchetError as error:
        return replace(reference, problem=str(error)), None
    return reference, with_decisions(run.config.task, scored, frame, champion.facts.thresholds)
