"""Builders of projects on disk: a folder with a model file and its data."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

MODEL = """\
model: sales
task: binary
owner: growth team
data:
  source:
    path: data.csv
  time:
    column: when
  target:
    column: bought
    positive: "yes"
    negative: "no"
  features:
    age: numeric
    visits: numeric
    city: categorical
  checks:
    min_rows: 100
candidates:
  - name: linear
    estimator: linear
  - name: boosting
    estimator: hist_gradient_boosting
    parameters:
      max_iter: 30
split:
  validation: 0.2
  holdout: 0.3
evaluation:
  resamples: 200
  min_positives: 20
schedule:
  cron: null
"""


def make_project(folder: Path, *, rows: int = 0, model: str = MODEL) -> Path:
    """A project with one model, and its data when rows are asked for."""
    path = folder / "include" / "models" / "sales.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(model)
    if rows:
        write_visits(folder / "data.csv", rows)
    return path


def write_visits(path: Path, rows: int, *, seed: int = 1, missing_share: float = 0.0) -> None:
    """Rows in which age and visits say much about the target."""
    random, start = Random(seed), datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("when", "age", "visits", "city", "bought"))
        for row in range(rows):
            age, visits = random.uniform(18, 80), random.randrange(20)
            bought = random.random() < 1 / (1 + 2.718 ** -((visits - 10) / 3 + (50 - age) / 20))
            known_age = "" if random.random() < missing_share else f"{age:.1f}"
            when = (start + timedelta(hours=row)).isoformat()
            writer.writerow((when, known_age, visits, random.choice(("Oslo", "Bern", "Rome")), ("no", "yes")[bought]))
