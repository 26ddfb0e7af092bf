"""Measure how well production goes, as far as labels are known."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.alerts.incidents import find_lost_windows
from ratchet.artifacts.files import verified_path
from ratchet.artifacts.monitoring_store import find_alert_reports
from ratchet.artifacts.run_store import find_record, list_folders
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.evaluation.production.appraising import NO_HOLDOUT, Holdout, appraise_rows, metrics_of
from ratchet.evaluation.production.basis import make_basis
from ratchet.evaluation.production.observed import READ, make_material
from ratchet.evaluation.production.rows import Codes
from ratchet.records.judgement import Evaluation
from ratchet.records.monitoring import Observation
from ratchet.records.production import ProductionPerformance
from ratchet.records.promotion import Promotion
from ratchet.timeline import Window

logger = logging.getLogger(__name__)


def measure_performance(run: Run, observation: Observation) -> ProductionPerformance:
    """Measure how well production goes, on matured rows, with open labels made up for.

    Raises:
        ArtifactError: the observed rows are not what their record says.
    """
    path = verified_path(observation.observed, run.home)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            basis = make_basis(
                make_material(run.config, observation, _read_rows(run, file), _find_red(run, observation))
            )
            features = _read_features(file, basis.wanted, tuple(run.config.data.features))
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(f"{path} can't be read as Parquet: {str(error).splitlines()[0]}") from error
    performance = appraise_rows(basis, features, _find_holdout(run, observation))
    first = performance.figures[0]
    result = first.problem or f"{first.metric} {first.value:.4g} on {first.rows:,} matured rows"
    logger.info("%s %s: %s", run.model, run.run_id, result)
    return performance


def _read_rows(run: Run, file: pq.ParquetFile) -> pa.Table:
    there = file.schema_arrow.names
    wanted = dict.fromkeys((*READ, *run.config.monitoring.segments))
    return file.read(columns=[name for name in wanted if name in there])


def _read_features(file: pq.ParquetFile, places: Codes, names: Sequence[str]) -> pd.DataFrame:
    """Read the features of some rows, a batch at a time."""
    wanted = [name for name in names if name in file.schema_arrow.names]
    taken, first = [], 0
    for batch in file.iter_batches(columns=wanted):
        low, high = np.searchsorted(places, [first, first + batch.num_rows])
        taken.append(batch.take(pa.array(places[low:high] - first)))
        first += batch.num_rows
    schema = pa.schema([file.schema_arrow.field(name) for name in wanted])
    frame: pd.DataFrame = pa.Table.from_batches(taken, schema).to_pandas()
    return frame


def _find_red(run: Run, observation: Observation) -> tuple[Window, ...]:
    """Return the windows that were shown to have lost: no baseline is made of them."""
    try:
        reports = find_alert_reports(run.home, run.model, observation.as_of)
    except ArtifactError as error:
        logger.warning("%s %s: earlier alerts are not known, as %s", run.model, run.run_id, error)
        return ()
    return find_lost_windows(reports)


def _find_holdout(run: Run, observation: Observation) -> Holdout:
    """Read what the version had on its holdout."""
    try:
        evaluation = _find_evaluation(run, observation.version)
    except ArtifactError as error:
        logger.warning("%s %s: the holdout's figures are not known, as %s", run.model, run.run_id, error)
        return NO_HOLDOUT
    return NO_HOLDOUT if evaluation is None else _read_holdout(evaluation, metrics_of(run.config))


def _read_holdout(evaluation: Evaluation, metrics: Sequence[str]) -> Holdout:
    figures = {each.metric: each.challenger for each in evaluation.metrics}
    known = {metric: figure for metric in metrics if (figure := figures.get(metric)) is not None}
    return Holdout(figures=known, rows=evaluation.rows)


def _find_evaluation(run: Run, version: int) -> Evaluation | None:
    """Find what the run measured that promoted a version; None where its folder is gone."""
    for folder in reversed(list_folders(run.home, run.model)):  # mostly one of the last
        promotion = find_record(folder, "promote", Promotion)
        if promotion is not None and promotion.moved and promotion.version == version:
            return find_record(folder, "evaluate", Evaluation)
    return None
