"""Score new rows with the champion, into the model's dataset of predictions."""

import logging
import time
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
from sklearn.pipeline import Pipeline

from ratchet.artifacts.predictions import keep_scoring, predictions_of, staged
from ratchet.config.read_plan import plan_new_rows
from ratchet.config.run import Run
from ratchet.data.labels import name_decisions
from ratchet.data.schemas import predictions_schema
from ratchet.data.scoring import Answers, ScoredSource, Scorer, read_features, score_source
from ratchet.errors import ArtifactError, RegistryError
from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.models.labels import Floats
from ratchet.models.scoring import score_old_model, score_rows
from ratchet.records.promotion import Champion
from ratchet.records.scoring import Scoring
from ratchet.registry.champion import find_end, load_pipeline, require_champion, require_classes
from ratchet.registry.lock import held_lock
from ratchet.reports.wording import when
from ratchet.timeline import is_time, to_number

logger = logging.getLogger(__name__)

WAIT_SECONDS = 600.0  # for another scoring run of the same model


@dataclass(frozen=True, slots=True, kw_only=True)
class _Champion:
    """The champion, asked about rows."""

    run: Run
    facts: Champion
    pipeline: Pipeline
    classes: tuple[str, ...]

    @property
    def version(self) -> int:
        """Its version."""
        return self.facts.version

    @property
    def segment(self) -> str | None:
        """The column that its thresholds go by, where they do."""
        thresholds = self.facts.thresholds
        return thresholds.column if thresholds else None

    def answer(self, rows: pa.RecordBatch) -> Answers:
        """Score typed rows, and decide."""
        began = time.perf_counter()
        scores = self._score(rows)
        seconds = time.perf_counter() - began
        # as training read it: thresholds are found by a value's text
        frame = rows.select([self.segment] if self.segment else []).to_pandas()
        codes = decide_classes(self.run.config.task, scores, frame, self.facts.thresholds or HALF)
        decisions = name_decisions(codes, self.classes, rows=rows.num_rows)
        return Answers(scores=scores, decisions=decisions, seconds=seconds)

    def _score(self, rows: pa.RecordBatch) -> Floats:
        frame = read_features(rows, self.run.config.data.features)
        try:
            scores = score_old_model(self.pipeline, frame, self.run.config)
        except ArtifactError as error:
            raise ArtifactError(
                f"version {self.version} of {self.run.model} can't be used, as {error}; score with the YAML that it "
                "was trained with, or retrain"
            ) from error
        if scores.ndim == 2 and scores.shape[1] != len(self.classes):
            raise RegistryError(
                f"version {self.version} of {self.run.model} gives {scores.shape[1]} probabilities a row, and "
                f"{len(self.classes)} classes are known of it: retrain, or roll back"
            )
        return scores


def score(run: Run, *, again: bool = False) -> Scoring:
    """Predict the rows that were not predicted before, each of them once.

    Args:
        run: what is scored, and up to when.
        again: also predict rows that another version of the model predicted.

    Raises:
        RegistryError: there is no champion, or it can't be verified.
        DataError: the source is damaged, or its content is not what the YAML says; nothing is written then.
        ArtifactError: the champion does not fit the rows.
        TimeoutError: another scoring run of the model did not end.
    """
    began, home = time.monotonic(), run.home
    # One at a time: two runs that look for what is new at the same moment would both predict it.
    with held_lock(home / "locks" / f"score-{run.model}.lock", timeout_seconds=WAIT_SECONDS):
        champion = _load_champion(run)
        score_rows(champion.pipeline, pd.DataFrame(), run.config)  # refuses a model of other columns at once
        scorer = _make_scorer(champion, again=again)
        folder = predictions_of(home, run.model)
        with staged(folder, predictions_schema(run.config.task, has_clock=run.config.data.has_clock)) as staging:
            found = score_source(run, plan_new_rows(run.config, champion.segment), scorer, staging, folder)
            partitions = staging.publish(folder, run.run_id, home)
        scoring = replace(_describe(run, scorer, found), partitions=partitions, seconds=time.monotonic() - began)
        keep_scoring(run, scoring)
    logger.info("%s %s: version %d scored %d rows", run.model, run.run_id, scoring.version, scoring.rows)
    return scoring


def _load_champion(run: Run) -> _Champion:
    facts = require_champion(run)
    pipeline = load_pipeline(facts, run.home)
    return _Champion(run=run, facts=facts, pipeline=pipeline, classes=require_classes(run, facts))


def _make_scorer(champion: _Champion, *, again: bool) -> Scorer:
    last = find_end(champion.run, champion.facts)
    return Scorer(
        version=champion.version,
        answer=champion.answer,
        newer_than=None if champion.run.config.scoring.source else last,  # a source of its own holds new rows only
        # a row's number in another source says nothing
        made_from=to_number(last) if last is not None and is_time(last) else None,
        again=again,
    )


def _describe(run: Run, scorer: Scorer, found: ScoredSource) -> Scoring:
    first, last = found.times if run.config.data.has_clock else (None, None)
    return Scoring(
        model=run.model,
        version=scorer.version,
        run_id=run.run_id,
        started=run.started,
        as_of=run.as_of,
        newer_than=scorer.newer_than,
        source=found.source,
        rows=found.rows,
        rows_seen=found.seen,
        rows_known=found.known,
        partitions=(),
        time_from=first,
        time_to=last,
        seconds=0.0,
        predict_seconds=found.seconds,
        warnings=(*found.warnings, *found.remark(scorer.version, run.config.data.entity, when(scorer.newer_than))),
    )
