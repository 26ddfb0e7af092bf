"""Evaluate the challenger on the holdout, against the trivial baseline and the champion. The holdout is read once."""

import logging
from dataclasses import replace
from pathlib import Path

import pandas as pd
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.history import find_record
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.errors import ArtifactError, DataError, RatchetError, list_names
from ratchet.evaluation.baseline import predict_baseline
from ratchet.evaluation.judging import Holdout, judge
from ratchet.evaluation.metrics import Floats
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_rows
from ratchet.records.data import Split
from ratchet.records.judgement import Evaluation, Opponent
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Champion
from ratchet.registry.champion import fetch_model, find_champion
from ratchet.registry.client import connect

logger = logging.getLogger(__name__)


def evaluate(run: Run, challenger: Challenger, split: Split) -> Evaluation:
    """Measure the challenger on the holdout.

    Raises:
        ArtifactError: the holdout or the challenger is not what its record says.
        DataError: the holdout holds a label that is none of the split's classes.
    """
    home = Path(run.home)
    holdout = _read_holdout(run.config, split, home)
    predictions = score_rows(read_pipeline(challenger.model, home), holdout.frame, run.config)
    champion, champion_predictions = _score_champion(run, split, holdout.frame, predictions)
    evaluation = judge(
        run.config,
        holdout,
        challenger=challenger.name,
        predictions=predictions,
        champion=champion,
        champion_predictions=champion_predictions,
    )
    evaluation = replace(evaluation, challenger_sha256=challenger.model.sha256)
    logger.info("%s %s: judged %s on %d rows", run.model, run.run_id, challenger.name, evaluation.rows)
    return evaluation


def _read_holdout(config: ModelConfig, split: Split, home: Path) -> Holdout:
    target, classes = config.data.target.column, split.classes
    train = read_frame(split.train.file, home, columns=[target])
    frame = read_frame(split.holdout.file, home)
    learned = encode_labels(train[target], config.task, classes)
    return Holdout(
        frame=frame,
        labels=encode_labels(frame[target], config.task, classes),
        classes=len(classes),
        baseline=predict_baseline(config.metric, learned, classes=len(classes), rows=len(frame)),
    )


def _score_champion(
    run: Run, split: Split, frame: pd.DataFrame, predictions: Floats
) -> tuple[Opponent | None, Floats | None]:
    """Score the champion on the same rows; what keeps it from that is a problem for the gates, not an error."""
    home = Path(run.home)
    client = connect(home)
    champion = find_champion(client, run.model)
    if champion is None:
        return None, None
    try:
        _refuse_other_classes(run, split, champion)
        pipeline = read_pipeline(fetch_model(client, champion, home), home)
        scored = _score_alike(pipeline, frame, run.config, predictions)
    except RatchetError as error:
        return Opponent(version=champion.version, run_id=champion.run_id, problem=str(error)), None
    return Opponent(version=champion.version, run_id=champion.run_id), scored


def _refuse_other_classes(run: Run, split: Split, champion: Champion) -> None:
    """Columns of probabilities carry no names: ask the run that made the champion which classes they are."""
    home = Path(run.home)
    theirs = find_record(RunFolder(home, home / "runs" / run.model / champion.run_id), "split", Split)
    if theirs is not None and theirs.classes != split.classes:
        raise DataError(
            f"it was trained on the classes {list_names(theirs.classes)}, these rows have {list_names(split.classes)}"
        )


def _score_alike(pipeline: Pipeline, frame: pd.DataFrame, config: ModelConfig, predictions: Floats) -> Floats:
    try:
        scored: Floats = score_rows(pipeline, frame, config)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # scikit-learn and XGBoost have no error of their own for columns that a model does not fit
        raise ArtifactError(f"it does not fit these columns: {' '.join(str(error).split())}") from error
    if scored.shape != predictions.shape:
        theirs, ours = (values.size // len(frame) for values in (scored, predictions))
        raise ArtifactError(f"it gives {theirs} numbers a row, the challenger gives {ours}")
    return scored
