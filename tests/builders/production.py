"""Homes in which a champion has predicted new rows, and labels that come late."""

import csv
import json
import shutil
from atexit import register
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd

from builders.champions import again, make_champion, make_champion_home
from builders.runs import make_config, make_run
from builders.tables import BEGIN, make_row
from ratchet.config.run import Run
from ratchet.records.monitoring import Observation
from ratchet.stages.score import score

TRAINED = 240  # rows, one an hour: ten days
HEADER = ("when", "age", "city", "member", "who")


def after(days: float) -> datetime:
    """So many days after the first row."""
    return BEGIN + timedelta(days=days)


def make_production(folder: Path, *, rows: int = 240, task: str = "binary", **config: object) -> Run:
    """A champion of ten days, and predictions of the rows that follow; whom a row is about stands in `who`.

    The rows that are scored stand in `new.csv`, with no label. Each such home is made once, and copied.
    """
    made = _make_production(rows, task, json.dumps(config))
    shutil.copytree(made.home, folder, dirs_exist_ok=True)
    return again(made, made.run_id, home=folder, project=folder)


@cache
def _make_production(rows: int, task: str, config: str) -> Run:
    folder = Path(mkdtemp(prefix="production-"))
    register(shutil.rmtree, folder, ignore_errors=True)
    home = make_champion_home(folder)
    run = make_run(home, make_config(gates={}, task=task, **_with_target(task, json.loads(config))))
    write_training(home, task)
    make_champion(run)
    write_scored(home, range(TRAINED, TRAINED + rows))
    changes = {"scoring": {"source": {"path": "new.csv"}}}
    run = again(run, "ready", config=run.config.model_dump(mode="json") | changes)
    score(again(run, "score-1", started=after(60).isoformat()))
    return run


def _with_target(task: str, config: Mapping[str, object]) -> dict[str, object]:
    data = {"entity": "who"} | dict(config.get("data", {}))  # type: ignore[call-overload]
    if task != "binary":
        data["target"] = {"column": "bought"}
    return {**config, "data": data}


def write_training(home: Path, task: str = "binary") -> None:
    """The rows that the champion is made from."""
    write_csv(
        home / "data.csv", (*HEADER, "bought"), [(*row_of(number), label_of(number, task)) for number in range(TRAINED)]
    )


def write_scored(home: Path, numbers: Iterable[int], name: str = "new.csv") -> None:
    """Rows to be scored."""
    write_csv(home / name, HEADER, [row_of(number) for number in numbers])


def row_of(number: int) -> tuple[str, ...]:
    """One row, without its label: an hour after the one before."""
    when, age, city, member, _ = make_row(number)
    return when, age, city, member, f"person {number}"


def label_of(number: int, task: str = "binary") -> str:
    """The label that a row has in the end."""
    texts = {
        "binary": ("yes", "no", "no", "no"),
        "multiclass": ("a", "b", "c", "b"),
        "regression": ("1", "2", "3", "4"),
    }
    return texts[task][number % 4]


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A CSV file."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def write_labels(home: Path, labels: Iterable[tuple[int, str, datetime]], name: str = "labels.csv") -> None:
    """Labels as they arrive: of which row, which, and when it was known."""
    rows = [(*row_of(number)[:1], row_of(number)[4], label, known.isoformat()) for number, label, known in labels]
    write_csv(home / name, ("when", "who", "bought", "known"), rows)


def labels_from(name: str = "labels.csv", known_at: str | None = "known") -> dict[str, object]:
    """The section of the YAML that reads them."""
    return {"labels": {"source": {"path": name}, "known_at": known_at}}


def read_observed(run: Run, observation: Observation) -> pd.DataFrame:
    """The observed rows."""
    return pd.read_parquet(run.home / observation.observed.path)
