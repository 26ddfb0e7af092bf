"""Make pages of what a monitoring run found: our own, and Evidently's beside it."""

import logging

from ratchet.artifacts.files import refer_to, write_text
from ratchet.artifacts.frames import read_rows, sample_rows
from ratchet.artifacts.monitoring_store import PAGE, monitoring_folder
from ratchet.artifacts.run_store import RunFolder
from ratchet.config.run import Run
from ratchet.drift.evidently_page import make_evidently_page
from ratchet.drift.reference import list_kinds
from ratchet.records.alerts import AlertReport
from ratchet.records.columns import LABEL, ColumnKind
from ratchet.records.monitoring import MonitoringPages, Observation, Queue, Shift
from ratchet.records.production import ProductionPerformance
from ratchet.reports.monitoring_page import EvidentlyLink, MonitoringStory, monitoring_html

logger = logging.getLogger(__name__)


def publish(
    run: Run,
    observation: Observation,
    shift: Shift,
    performance: ProductionPerformance,
    alert_report: AlertReport,
    queue: Queue,
) -> MonitoringPages:
    """Write both pages into the monitoring run's folder."""
    folder = monitoring_folder(run)
    evidently = _write_evidently(run, observation, folder)
    story = MonitoringStory(
        run=run,
        observation=observation,
        shift=shift,
        performance=performance,
        alert_report=alert_report,
        queue=queue,
        evidently=evidently,
    )
    write_text(folder.file(PAGE), monitoring_html(story, str(folder.path.relative_to(folder.home))))
    pages = MonitoringPages(
        page=refer_to(folder.file(PAGE), folder.home),
        evidently=refer_to(folder.file(evidently.file), folder.home) if evidently.file else None,
        evidently_rows=min(evidently.rows_then, evidently.rows_now),
    )
    logger.info("page of %s written in run %s: %s", run.model, run.run_id, pages.page.path)
    return pages


def _write_evidently(run: Run, observation: Observation, folder: RunFolder) -> EvidentlyLink:
    """Write Evidently's page of a sample of both sides; what it can't bear is said on our own."""
    plan, home = run.config.monitoring.drift, run.home
    if not plan.evidently:
        return EvidentlyLink(file=None, remarks=("`monitoring.drift.evidently` switches it off",))
    kinds, seed = _list_kinds(run), run.config.schedule.seed
    sides = (
        read_rows(observation.reference_rows, home, list(kinds)),
        read_rows(observation.observed, home, list(kinds), window=observation.window, version=observation.version),
    )
    then, now = (sample_rows(rows, at_most=plan.sample, seed=seed).to_pandas() for rows in sides)
    page = make_evidently_page(then, now, kinds)
    remarks = (*([page.problem] if page.problem else []), *(f"left out {each}" for each in page.left_out))
    if page.html is None:
        return EvidentlyLink(file=None, remarks=remarks)
    # the size is in the name, so that nobody takes a sample for the window
    name = f"evidently-{len(now)}-of-{observation.rows}-rows.html"
    write_text(folder.file(name), page.html)
    return EvidentlyLink(file=name, rows_then=len(then), rows_now=len(now), remarks=remarks)


def _list_kinds(run: Run) -> dict[str, ColumnKind]:
    left_out = {LABEL, *run.config.monitoring.drift.ignore}
    return {name: kind for name, kind in list_kinds(run.config).items() if name not in left_out}
