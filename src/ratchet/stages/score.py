"""Score new rows with the champion, into the model's dataset of predictions."""

import logging
import time
from dataclasses import replace

import pandas as pd

from ratchet.artifacts.predictions import keep_scoring, predictions_of, staged
from ratchet.config.read_plan import plan_new_rows
from ratchet.config.run import Run
from ratchet.data.schemas import predictions_schema
from ratchet.data.scoring import ScoredSource, Scorer, score_source
from ratchet.models.answers import ScoringModel
from ratchet.models.scoring import score_rows
from ratchet.records.monitoring import Scoring
from ratchet.records.promotion import Champion
from ratchet.registry.champion import find_end, require_champion, require_classes
from ratchet.registry.lock import held_lock
from ratchet.registry.model_files import load_pipeline
from ratchet.reports.wording import when
from ratchet.timeline import is_time, to_number

logger = logging.getLogger(__name__)

WAIT_SECONDS = 600.0  # for another scoring run of the same model


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
        champion = require_champion(run)
        model = _load_model(run, champion)
        score_rows(model.pipeline, pd.DataFrame(), run.config)  # refuses a model of other columns at once
        scorer = _make_scorer(run, champion, model, again=again)
        folder = predictions_of(home, run.model)
        with staged(folder, predictions_schema(run.config.task, has_clock=run.config.data.has_clock)) as staging:
            found = score_source(run, plan_new_rows(run.config, model.segment), scorer, staging, folder)
            partitions = staging.publish(folder, run.run_id, home)
        scoring = replace(_describe(run, scorer, found), partitions=partitions, seconds=time.monotonic() - began)
        keep_scoring(run, scoring)
    logger.info("%s %s: version %d scored %d rows", run.model, run.run_id, scoring.version, scoring.rows)
    return scoring


def _load_model(run: Run, champion: Champion) -> ScoringModel:
    return ScoringModel(
        name=f"version {champion.version} of {run.model}",
        pipeline=load_pipeline(champion, run.home),
        config=run.config,
        classes=require_classes(run, champion),
        thresholds=champion.thresholds,
    )


def _make_scorer(run: Run, champion: Champion, model: ScoringModel, *, again: bool) -> Scorer:
    last = find_end(run, champion)
    return Scorer(
        version=champion.version,
        answer=model.answer,
        newer_than=None if run.config.scoring.source else last,  # a source of its own holds new rows only
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
