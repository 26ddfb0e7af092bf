"""The last stage: the run's records as pages for people, in the run folder and in MLflow."""

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from ratchet.artifacts.files import refer_to, write_text
from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.run import Run
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport, Split, Table
from ratchet.records.files import FileRef
from ratchet.records.judgement import Evaluation, Verdict
from ratchet.records.leakage import Audit
from ratchet.records.modelling import Challenger, Refit, Search
from ratchet.records.promotion import Promotion, Report
from ratchet.records.serving_cost import ServingCosts
from ratchet.registry.client import connect
from ratchet.registry.tracking import log_outcome
from ratchet.reports.model_card import model_card_html, model_card_markdown
from ratchet.reports.run_report import run_report_html, run_report_markdown
from ratchet.reports.story import Story, metrics_of, tags_of

logger = logging.getLogger(__name__)

LIBRARIES = ("ratchet", "scikit-learn", "xgboost", "numpy", "pandas", "duckdb", "great-expectations", "mlflow")
PAGES: dict[str, Callable[[Story], str]] = {
    "report.md": run_report_markdown,
    "model_card.html": model_card_html,
    "model_card.md": model_card_markdown,
}


def report(
    run: Run,
    data_report: DataReport,
    verdict: Verdict,
    promotion: Promotion,
    evaluation: Evaluation | None,
    challenger: Challenger | None,
) -> Report:
    """Write the run report and the model card, and log both to MLflow with the run's figures."""
    folder = folder_of(run)
    story = Story(
        run=run,
        table=find_record(folder, "ingest", Table),
        data_report=data_report,
        verdict=verdict,
        promotion=promotion,
        versions=installed_versions(),
    )
    # Of a run that was cleared, what its first try judged may still be there: the verdict says whether this one did.
    if verdict.challenger is not None:
        story = replace(
            story,
            split=find_record(folder, "split", Split),
            search=find_record(folder, "search", Search),
            challenger=challenger,
            evaluation=evaluation,
            audit=find_record(folder, "audit", Audit),
            behaviour=find_record(folder, "measure_behaviour", Behaviour),
            serving_costs=find_record(folder, "measure_serving_cost", ServingCosts),
            refit=find_record(folder, "refit", Refit) if promotion.moved else None,
        )
    pages = write_pages(story, folder.path, folder.home)
    files = [folder.home / page.path for page in pages.values()]
    url = log_outcome(connect(folder.home), run, metrics=metrics_of(story), tags=tags_of(story), files=files)
    logger.info("report of %s written in run %s: %s", run.model, run.run_id, verdict.decision.value)
    return _record(pages, url)


def write_pages(story: Story, folder: Path, home: Path) -> dict[str, FileRef]:
    """Write every page into the run folder and say where each is."""
    texts = {name: render(story) for name, render in PAGES.items()}
    # The one page that links to others, so it must know where it will be.
    texts["report.html"] = run_report_html(story, str(folder.relative_to(home)))
    for name, text in texts.items():
        write_text(folder / name, text)
    return {name: refer_to(folder / name, home) for name in texts}


def installed_versions() -> tuple[tuple[str, str], ...]:
    """Return name and version of Python and of each library that a result may depend on."""
    python = ("python", sys.version.split(maxsplit=1)[0])
    return (python, *((name, version(name)) for name in LIBRARIES))


def _record(pages: dict[str, FileRef], url: str | None) -> Report:
    return Report(
        run_html=pages["report.html"],
        run_markdown=pages["report.md"],
        card_html=pages["model_card.html"],
        card_markdown=pages["model_card.md"],
        tracking_url=url,
    )
