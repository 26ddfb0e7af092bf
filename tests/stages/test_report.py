"""The report stage writes four pages, logs them to MLflow, and can be run again."""

import shutil
from pathlib import Path

import pytest

from builders.records import make_split, make_table
from builders.runs import make_run
from builders.stories import make_refused_data_story, make_story
from ratchet.artifacts.files import verified_path
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.config.run import Run
from ratchet.records.promotion import Report
from ratchet.registry.client import connect
from ratchet.reports.story import Story
from ratchet.stages.report import report


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database before its first run: its migrations take seconds, so they run once."""
    home = tmp_path_factory.mktemp("registry")
    connect(home)
    return home / "mlflow.db"


@pytest.fixture
def home(tmp_path: Path, empty_registry: Path) -> Path:
    """A home with a registry."""
    shutil.copy(empty_registry, tmp_path)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """A run that came as far as its split."""
    run = make_run(home)
    keep_record(run, "ingest", make_table())
    keep_record(run, "split", make_split())
    return run


def tell(run: Run, story: Story) -> Report:
    """Report a story."""
    return report(run, story.data_report, story.verdict, story.promotion, story.evaluation, story.challenger)


def test_four_pages_are_written_and_named_by_their_digest(run: Run) -> None:
    done = tell(run, make_story())
    home = run.home
    pages = (done.run_html, done.run_markdown, done.card_html, done.card_markdown)
    assert [verified_path(page, home).name for page in pages] == [
        "report.html",
        "report.md",
        "model_card.html",
        "model_card.md",
    ]


def test_what_earlier_stages_kept_is_on_the_page(run: Run) -> None:
    tell(run, make_story())
    text = folder_of(run).file("report.md").read_text()
    assert make_table().fingerprint in text
    assert "34,000 train" in text
    assert "scikit-learn" in text


def test_figures_words_and_pages_are_in_mlflow(run: Run) -> None:
    tell(run, make_story())
    client = connect(run.home)
    experiment = client.get_experiment_by_name("sales")
    assert experiment is not None
    (logged,) = client.search_runs([experiment.experiment_id])
    assert logged.data.metrics["holdout.roc_auc"] == 0.9162
    assert logged.data.tags["ratchet.decision"] == "promote"
    names = {file.path for file in client.list_artifacts(logged.info.run_id)}
    assert {"report.html", "report.md", "model_card.html", "model_card.md"} <= names


def test_a_second_try_makes_the_same_pages_and_no_second_mlflow_run(run: Run) -> None:
    first, second = tell(run, make_story()), tell(run, make_story())
    assert first == second
    client = connect(run.home)
    experiment = client.get_experiment_by_name("sales")
    assert experiment is not None
    assert len(client.search_runs([experiment.experiment_id])) == 1


def test_a_run_that_refused_its_data_is_reported_too(home: Path) -> None:
    run = make_run(home, run_id="run-2")
    done = tell(run, make_refused_data_story())
    assert "34 % of age is missing" in (home / done.run_markdown.path).read_text()


def test_what_a_cleared_try_left_behind_is_not_told_of_rejected_data(run: Run) -> None:
    refused, judged = make_refused_data_story(), make_story()
    left = report(run, refused.data_report, refused.verdict, refused.promotion, judged.evaluation, judged.challenger)
    told = verified_path(left.run_markdown, run.home).read_text()
    (folder_of(run).file("split.json")).unlink()
    assert verified_path(tell(run, refused).run_markdown, run.home).read_text() == told
