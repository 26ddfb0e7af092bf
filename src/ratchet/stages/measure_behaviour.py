"""Measure how the challenger behaves: what it looks at, and what it says about rows that are changed on purpose.

All of it is measured on a sample of the holdout, which is enough to see what is plainly wrong; how good the challenger
is, all rows say in `evaluate`.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.past_holdouts import PastHoldout, find_past_holdouts
from ratchet.config.behaviour import Value
from ratchet.config.run import Run
from ratchet.errors import DataError, RatchetError
from ratchet.evaluation.behaviour.cases import Asked, measure_cases
from ratchet.evaluation.behaviour.importance import add_contributions, measure_importances
from ratchet.evaluation.behaviour.samples import Sample, Subject, draw_rows, measure_against_floor
from ratchet.evaluation.behaviour.stress import Grounds, measure_stresses
from ratchet.evaluation.decisions import HALF
from ratchet.evaluation.gains import ClassNames
from ratchet.models.contributions import measure_contributions
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_alike
from ratchet.records.behaviour import Behaviour, Importances, Piece, Stress
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Part, Split
from ratchet.records.decision import Thresholds
from ratchet.records.modelling import Challenger
from ratchet.registry.champion import LoadedChampion, load_champion

logger = logging.getLogger(__name__)

ROWS = 1500  # of the holdout: paired differences of 0.02 are seen, and a stress that harms does more
RAREST = 200  # rows of either class in them, where there are so many
PAST_ROWS = 2000  # of each past holdout, more where a class is rare
PAST_RAREST = 50  # rows of the rarest class that they should have
CASE_ROWS = 500  # that a column is swept on: a share of 5 % is known within 2 %
EXPLAINED_ROWS = 200  # for SHAP values, whose means over rows settle soon
COLUMNS_AT_ONCE = 8  # of the training rows, which are far more than the holdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The models of a run, ready to be asked, and the pipelines that they are."""

    challenger: Subject
    pipeline: Pipeline
    champion: Subject | None
    loaded: LoadedChampion | None
    problem: str | None


def measure_behaviour(run: Run, challenger: Challenger, split: Split) -> Behaviour:
    """Measure importances, stresses, past holdouts and named cases of the challenger, beside the champion's.

    Raises:
        ArtifactError: the holdout or the challenger is not what its record says.
        DataError: the holdout holds a label that is none of the split's classes.
    """
    sample = _draw_sample(run, split, split.holdout)
    # one thread: the samples are small, and threads that wait for one another take longer on a busy machine
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        sides = _find_sides(run, challenger, split, sample)
        try:
            behaviour = _measure(run, split, sample, sides)
        except RatchetError as error:
            behaviour = Behaviour(problem=str(error))
    logger.info(
        "%s %s: measured the behaviour of %s on %d rows", run.model, run.run_id, challenger.name, len(sample.labels)
    )
    return behaviour


def _measure(run: Run, split: Split, sample: Sample, sides: Sides) -> Behaviour:
    plan = run.config.behaviour
    importances = _explain(run, sample, sides) if plan.importance else None
    return Behaviour(
        has_champion=sides.loaded is not None,
        champion_problem=sides.problem,
        importances=importances,
        stresses=_stress(run, split, sample, sides, importances) if plan.stress.chosen else (),
        past_holdouts=tuple(_visit(run, split, sides)),
        cases=measure_cases(_ask(run, split, sample, sides)) if plan.names else (),
    )


def _draw_sample(run: Run, split: Split, part: Part) -> Sample:
    config = run.config
    frame = read_frame(part.file, run.home)
    labels = encode_labels(frame[config.data.target.column], config.task, split.classes)
    names = ClassNames.of(config, split.classes)
    every = Sample(config=config, frame=frame, labels=labels, classes=len(split.classes), names=names)
    rows = draw_rows(labels, every.classes, wanted=ROWS, rarest=RAREST, seed=config.schedule.seed)
    return every.take(rows)


def _find_sides(run: Run, challenger: Challenger, split: Split, sample: Sample) -> Sides:
    pipeline = read_pipeline(challenger.model, run.home)
    loaded = load_champion(run, split.classes)
    champion, problem = None, loaded.problem if loaded else None
    if loaded is not None and loaded.pipeline is not None:
        champion = _make_subject("champion", loaded.pipeline, run, split, loaded.facts.thresholds)
        try:
            champion.score(sample.frame[:1])
        except RatchetError as error:
            champion, problem = None, str(error)
    return Sides(
        challenger=_make_subject("challenger", pipeline, run, split, challenger.thresholds),
        pipeline=pipeline,
        champion=champion,
        loaded=loaded,
        problem=problem,
    )


def _make_subject(name: str, pipeline: Pipeline, run: Run, split: Split, thresholds: Thresholds | None) -> Subject:
    width = (len(split.classes),) if run.config.task == "multiclass" else ()
    return Subject(
        name=name,
        score=lambda frame: score_alike(pipeline, frame, run.config, np.empty((len(frame), *width))),
        features=tuple(str(each) for each in pipeline.feature_names_in_),
        thresholds=thresholds or HALF,
    )


def _explain(run: Run, sample: Sample, sides: Sides) -> Importances:
    found = measure_importances(sample, sides.challenger, sides.champion, seed=run.config.schedule.seed)
    rows = sample.frame[:: max(1, len(sample.frame) // EXPLAINED_ROWS)]
    attention = add_contributions(found.challenger, measure_contributions(sides.pipeline, rows, run.config))
    champion = found.champion
    if champion is not None and sides.loaded is not None and sides.loaded.pipeline is not None:
        champion = add_contributions(champion, measure_contributions(sides.loaded.pipeline, rows, run.config))
    return Importances(
        metric=found.metric,
        rows=found.rows,
        confidence=found.confidence,
        challenger=attention,
        champion=champion,
        new_features=found.new_features,
        standings=found.standings,
    )


def _stress(
    run: Run, split: Split, sample: Sample, sides: Sides, importances: Importances | None
) -> tuple[Stress, ...]:
    features = run.config.data.features
    ranked = [each.feature for each in importances.challenger.features] if importances else []
    grounds = Grounds(
        sample=sample,
        earlier=_read_earlier(run, split),
        ranking=tuple(ranked or features),
        seed=run.config.schedule.seed,
    )
    return measure_stresses(grounds, sides.challenger, sides.champion)


def _read_earlier(run: Run, split: Split) -> pd.DataFrame | None:
    """Read the numbers of the rows before the holdout; None where there is no before, or no stress asks for it."""
    if split.method != "time" or not run.config.behaviour.stress.drift:
        return None
    numbers = [name for name, kind in run.config.data.features.items() if kind == "numeric"]
    return read_frame(split.validation.file, run.home, columns=numbers)


def _ask(run: Run, split: Split, sample: Sample, sides: Sides) -> Asked:
    seed = run.config.schedule.seed
    rows = draw_rows(sample.labels, sample.classes, wanted=CASE_ROWS, rarest=0, seed=seed)
    typical = dict(_find_typical(run, split)) if run.config.behaviour.cases else {}
    return Asked(sample=sample.take(rows), subject=sides.challenger, classes=split.classes, typical=typical, seed=seed)


def _find_typical(run: Run, split: Split) -> Iterator[tuple[str, Value]]:
    """Give each feature's median or commonest value in the training rows, some columns in memory at a time."""
    features = run.config.data.features
    names = iter(features)
    while some := list(islice(names, COLUMNS_AT_ONCE)):
        frame = read_frame(split.train.file, run.home, columns=some)
        for name in some:
            yield name, _typical_value(frame[name], features[name])


def _typical_value(column: pd.Series, kind: str) -> Value:
    if kind == "numeric":
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        known = numbers[np.isfinite(numbers)]
        return float(known.median()) if len(known) else None
    counts = column.value_counts()
    if counts.empty:
        return None
    return bool(counts.index[0]) if kind == "boolean" else str(counts.index[0])


def _visit(run: Run, split: Split, sides: Sides) -> Iterator[Piece]:
    """Score the challenger on each past holdout; what can't be read or scored says why."""
    champion_run = sides.loaded.facts.run_id if sides.loaded else None
    for past_holdout in find_past_holdouts(run, champion_run=champion_run, wanted=run.config.behaviour.past_holdouts):
        try:
            yield _look_at(run, split, past_holdout, sides.challenger)
        except RatchetError as error:
            yield Piece(run_id=past_holdout.run_id, problem=str(error))


def _look_at(run: Run, split: Split, past_holdout: PastHoldout, challenger: Subject) -> Piece:
    past, target = past_holdout.split, run.config.data.target.column
    if past is None or past_holdout.floor is None:
        return Piece(run_id=past_holdout.run_id, problem=past_holdout.problem)
    if past.classes != split.classes:
        raise DataError(f"its classes were {', '.join(past.classes)}, today's are {', '.join(split.classes)}")
    frame = read_frame(past.holdout.file, run.home)
    if target not in frame.columns:
        raise DataError(f"it has no column '{target}'")
    labels = encode_labels(frame[target], run.config.task, split.classes)
    names = ClassNames.of(run.config, split.classes)
    every = Sample(config=run.config, frame=frame, labels=labels, classes=len(split.classes), names=names)
    # none are added of a rare class: the floor was measured on rows as they came
    rows = draw_rows(labels, 0, wanted=_count_wanted(every), rarest=0, seed=run.config.schedule.seed)
    sample = every.take(rows)
    gain = measure_against_floor(sample, challenger, past_holdout.floor, name=past_holdout.run_id)
    return Piece(
        run_id=past_holdout.run_id, rows=len(labels), known_share=_share_known(run, split, sample.frame), gain=gain
    )


def _count_wanted(every: Sample) -> int:
    """Return how many rows to draw so that some of the rarest class are among them."""
    if not every.classes or not len(every.labels):
        return PAST_ROWS
    counts = np.bincount(every.labels.astype(np.intp), minlength=every.classes)
    return max(PAST_ROWS, math.ceil(PAST_RAREST * len(every.labels) / max(int(counts.min()), 1)))


def _share_known(run: Run, split: Split, frame: pd.DataFrame) -> float | None:
    """Return the share of rows that today's training rows may hold: by time where that divides them, else by number."""
    train = split.train
    if split.method == "time" and TIME in frame.columns and train.time_from is not None and train.time_to is not None:
        return float(frame[TIME].between(pd.Timestamp(train.time_from), pd.Timestamp(train.time_to)).mean())
    if ROW not in frame.columns:
        return None
    known = read_frame(train.file, run.home, columns=[ROW])[ROW]
    return float(frame[ROW].isin(known).mean())
