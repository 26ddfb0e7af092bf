"""A real Airflow (scheduler, dag-processor, API server, triggerer) for all end-to-end tests of one process.

The tests of a file share its model, and so a process; files go to whichever is free.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from builders.airflows import BreakableAirflow, breakable_airflow
from ratchet.artifacts.run_store import RunFolder, find_record
from ratchet.config.settings import Settings
from ratchet.ledger.database import VARIABLE
from ratchet.local.airflow import local_airflow
from ratchet.local.api import AirflowApi
from ratchet.local.environment import Site, make_site
from ratchet.local.processes import find_free_port
from ratchet.records.judgement import Verdict
from ratchet.records.promotion import Champion, Promotion
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import load_pipeline

RUN_WITHIN_SECONDS = 400


@dataclass(frozen=True)
class World:
    """A project on a running Airflow."""

    site: Site
    api: AirflowApi

    @property
    def settings(self) -> Settings:
        """Where the project is, and what Ratchet makes."""
        return self.site.settings

    def add_model(self, file: Path, more: str = "") -> None:
        """Put a model file into the project, with a line more, and wait for its DAG."""
        (self.settings.models / file.name).write_text(file.read_text() + more)
        self.api.wait_for_dag(f"{file.stem}.retrain", timeout_seconds=90)
        self.api.unpause(f"{file.stem}.retrain")

    def run(self, model: str, run_id: str, **answers: object) -> str:
        """Run a model's DAG to its end, and return its state."""
        self.api.trigger(f"{model}.retrain", run_id, answers)
        return self.api.wait_for_run(f"{model}.retrain", run_id, timeout_seconds=RUN_WITHIN_SECONDS)

    def folder(self, model: str, run_id: str) -> RunFolder:
        """Return a run's folder."""
        return RunFolder(self.settings.home, self.settings.home / "runs" / model / run_id)

    def verdict(self, model: str, run_id: str) -> Verdict:
        """Return a run's verdict."""
        found = find_record(self.folder(model, run_id), "decide", Verdict)
        assert found, f"run {run_id} of {model} left no verdict"
        return found

    def promotion(self, model: str, run_id: str) -> Promotion:
        """Return what a run did to the alias."""
        found = find_record(self.folder(model, run_id), "promote", Promotion)
        assert found, f"run {run_id} of {model} left no promotion"
        return found

    def verified_champion(self, model: str) -> Champion | None:
        """Return the champion, after loading its model."""
        champion = find_champion(self.settings.home, model)
        if champion:
            load_pipeline(champion, self.settings.home)
        return champion


@pytest.fixture(scope="session")
def world(repository, tmp_path_factory) -> Iterator[World]:
    """A project of its own with this checkout's DAGs, on an Airflow that lasts for all tests of this process."""
    site = make_site(copy_project(repository, tmp_path_factory.mktemp("project")), find_free_port())
    with local_airflow(site) as api:
        yield World(site, api)


@pytest.fixture
def breakable_world(repository, tmp_path, postgres_session, monkeypatch) -> Iterator[tuple[World, BreakableAirflow]]:
    """Another one, on PostgreSQL with its ledger, whose scheduler may be killed."""
    settings = copy_project(repository, tmp_path / "project")
    monkeypatch.setenv(VARIABLE, postgres_session.make_database())
    site = make_site(settings, find_free_port(), database=postgres_session.make_database())
    with breakable_airflow(site) as airflow:
        yield World(site, airflow.api), airflow


def copy_project(repository: Path, project: Path) -> Settings:
    """Make a project with this checkout's DAGs and no model."""
    (project / "include" / "models").mkdir(parents=True)
    (project / "include" / "expectations").mkdir()
    for name in ("dags", "plugins"):
        if (repository / name).exists():
            shutil.copytree(repository / name, project / name)
    os.environ["RATCHET_WAKE_SECONDS"] = "1"  # inherited by the triggerer; 10 by default
    return Settings(project=project, home=project / "var")
