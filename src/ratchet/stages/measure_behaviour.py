"""Measure how the challenger behaves: what it looks at, and what it says about rows that are changed on purpose.

All of it is measured on a sample of the holdout, which is enough to see what is plainly wrong; how good the challenger
is, all rows say in `evaluate`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_frame, read_rows, sample_rows
from ratchet.artifacts.past_runs import find_past_holdouts
from ratchet.config.run import Run
from ratchet.drift.spreads import measure_spreads
from ratchet.errors import DataError, RatchetError
from ratchet.evaluation.behaviour.cases import CaseInputs, find_typical, measure_cases
from ratchet.evaluation.behaviour.dependence import measure_dependences
from ratchet.evaluation.behaviour.importance import measure_importances
from ratchet.evaluation.behaviour.past_holdouts import Readers, measure_past_holdout
from ratchet.evaluation.behaviour.samples import Sample, Subject, draw_sample
from ratchet.evaluation.behaviour.stress import StressInputs, measure_stresses
from ratchet.models.answers import make_subject
from ratchet.models.labels import encode_labels
from ratchet.records.behaviour import Behaviour, CaseFinding, Importances, Piece, Stress
from ratchet.records.columns import ROW, ColumnKind
from ratchet.records.data import Part, Split
from ratchet.records.drift import Spread
from ratchet.records.modelling import Challenger
from ratchet.registry.model_files import LoadedChampion, load_champion

logger = logging.getLogger(__name__)

SPREADS = 8  # features whose train and holdout pages show side by side
SPREAD_ROWS = 20_000  # of either part: a share of a bin is then off by a hundredth at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The models of a run, ready to be asked."""

    challenger: Subject
    champion: Subject | None
    loaded: LoadedChampion | None
    problem: str | None


def measure_behaviour(run: Run, challenger: Challenger, split: Split) -> Behaviour:
    """Measure importances, stresses, past holdouts and named cases of the challenger, beside the champion's.

    Raises:
        ArtifactError: the holdout or the challenger is not what its record says.
        DataError: the holdout holds a label that is none of the split's classes.
    """
    every = _read_sample(run, split, split.holdout)
    sample = draw_sample(every, seed=run.config.schedule.seed)
    # one thread: the samples are small, and threads that wait for one another take longer on a busy machine
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        sides = _find_sides(run, challenger, split, sample)
        try:
            behaviour = _measure(run, split, sample, sides)
            behaviour = _look_at_features(run, split, every, sides.challenger, behaviour)
        except RatchetError as error:
            behaviour = Behaviour(problem=str(error))
    logger.info(
        "%s %s: measured the behaviour of %s on %d rows", run.model, run.run_id, challenger.name, len(sample.labels)
    )
    return behaviour


def _measure(run: Run, split: Split, sample: Sample, sides: Sides) -> Behaviour:
    plan = run.config.behaviour
    importances = None
    if plan.importance:
        importances = measure_importances(sample, sides.challenger, sides.champion, seed=run.config.schedule.seed)
    return Behaviour(
        has_champion=sides.loaded is not None,
        champion_problem=sides.problem,
        importances=importances,
        stresses=_measure_stresses(run, split, sample, sides, importances) if plan.stress.chosen else (),
        past_holdouts=_measure_past(run, split, sides),
        cases=_measure_cases(run, split, sample, sides.challenger) if plan.names else (),
    )


def _look_at_features(run: Run, split: Split, every: Sample, subject: Subject, behaviour: Behaviour) -> Behaviour:
    """Add what pages show of the leading features; nothing where the YAML asks for no importance."""
    found, seed = behaviour.importances, run.config.schedule.seed
    if found is None:
        return behaviour
    leading = [each.feature for each in found.challenger.features] or list(subject.features)
    return replace(
        behaviour,
        dependences=measure_dependences(every, subject, leading, split.classes, seed=seed),
        spreads=_compare_parts(run, split, leading),
    )


def _compare_parts(run: Run, split: Split, leading: Sequence[str]) -> tuple[Spread, ...]:
    data = run.config.data
    kinds = {name: data.compared[name] for name in leading if name in data.compared}
    kinds = dict(list(kinds.items())[:SPREADS])
    if run.config.task == "regression":
        kinds = {data.target.column: ColumnKind.NUMERIC} | kinds
    train, holdout = (
        sample_rows(read_rows(part.file, run.home, tuple(kinds)), at_most=SPREAD_ROWS, seed=run.config.schedule.seed)
        for part in (split.train, split.holdout)
    )
    shared = {name: kind for name, kind in kinds.items() if name in train.column_names and name in holdout.column_names}
    return measure_spreads(train, holdout, shared, seed=run.config.schedule.seed) if shared else ()


def _read_sample(run: Run, split: Split, part: Part) -> Sample:
    frame, target = read_frame(part.file, run.home), run.config.data.target.column
    if target not in frame.columns:
        raise DataError(f"it has no column '{target}'")
    labels = encode_labels(frame[target], run.config.task, split.classes)
    return Sample.of(run.config, frame, labels, split.classes)


def _find_sides(run: Run, challenger: Challenger, split: Split, sample: Sample) -> Sides:
    make = partial(make_subject, config=run.config, classes=len(split.classes))
    pipeline = read_pipeline(challenger.model, run.home)
    loaded = load_champion(run, split.classes)
    champion, problem = None, loaded.problem if loaded else None
    if loaded is not None and loaded.pipeline is not None:
        champion = make("champion", loaded.pipeline, thresholds=loaded.facts.thresholds)
        try:
            champion.score(sample.frame[:1])
        except RatchetError as error:
            champion, problem = None, str(error)
    return Sides(
        challenger=make("challenger", pipeline, thresholds=challenger.thresholds),
        champion=champion,
        loaded=loaded,
        problem=problem,
    )


def _measure_stresses(
    run: Run, split: Split, sample: Sample, sides: Sides, importances: Importances | None
) -> tuple[Stress, ...]:
    features, earlier = run.config.data.features, None
    if split.method == "time" and run.config.behaviour.stress.drift:
        numbers = [name for name, kind in features.items() if kind == "numeric"]
        earlier = read_frame(split.validation.file, run.home, columns=numbers)
    ranked = [each.feature for each in importances.challenger.features] if importances else []
    inputs = StressInputs(
        sample=sample, earlier=earlier, ranking=tuple(ranked or features), seed=run.config.schedule.seed
    )
    return measure_stresses(inputs, sides.challenger, sides.champion)


def _measure_cases(run: Run, split: Split, sample: Sample, challenger: Subject) -> tuple[CaseFinding, ...]:
    config, read = run.config, partial(read_frame, split.train.file, run.home)
    inputs = CaseInputs(
        sample=sample,
        subject=challenger,
        classes=split.classes,
        typical=dict(find_typical(config.data.features, read)) if config.behaviour.cases else {},
        seed=config.schedule.seed,
    )
    return measure_cases(inputs.draw())


def _measure_past(run: Run, split: Split, sides: Sides) -> tuple[Piece, ...]:
    champion_run = sides.loaded.facts.run_id if sides.loaded else None
    wanted, since = run.config.behaviour.past_holdouts, split.change.at if split.change else None
    found = find_past_holdouts(run, champion_run=champion_run, wanted=wanted, since=since)

    def read_train_rows() -> pd.Series:
        return read_frame(split.train.file, run.home, columns=[ROW])[ROW]

    readers = Readers(sample=partial(_read_sample, run, split), train_rows=read_train_rows)
    return tuple(measure_past_holdout(each, split, sides.challenger, readers) for each in found)
