"""Schedules replayed on public data: what the hybrid costs beside the best fixed one in hindsight, at three prices.

    python -m benchmarks.schedules [--data ../shared/data] [--sets electricity ...] [--keep FOLDER] [--metric default]

A retrain costs as much as the mistakes of an hour, of a day or of a week: those that the first model is expected to
make, from its holdout. Mistakes are wrong decisions, or units of absolute error; so that the gates judge by what is
paid for, the metric is accuracy or mae (`--metric default` leaves the task's own). Every set is fitted with the same
100 trees. The hybrid's settings are chosen from what was known by then; "in hindsight" is the best setting of its grid.
Policies that ask no gate, Cara and UPF among them, stand beside them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ratchet.backtest.running import compare_schedules, prepare, read_models, rows_a_week
from ratchet.backtest.workers import Workers, open_history
from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.config.run import freeze_run
from ratchet.config.settings import keep_quiet, read_threads
from ratchet.records.backtest import Backtest

REPOSITORY = Path(__file__).resolve().parents[1]
SETS = {
    "electricity": "tests/models",
    "bike_sharing": "tests/models",
    "noaa_weather": "benchmarks/models",
    "beijing_pm25": "benchmarks/models",
    "diabetes130": "tests/models",
    "bank_marketing": "benchmarks/models",
}
FIXED = ("never", "weekly", "monthly", "drift", "performance")
UNGATED = ("newest", "rolling", "cara", "upf")  # they ask no gate; the last two are published rules
WEEKS = {"an hour's mistakes": 1 / 168, "a day's": 1 / 7, "a week's": 1.0}  # what a retrain costs
TREES = {"n_estimators": 100, "max_depth": 5, "learning_rate": 0.1}
PAID_FOR = {"binary": "accuracy", "multiclass": "accuracy", "regression": "mae"}
AIM = 1.05


def read_set(name: str, *, metric: str) -> ModelConfig:
    """Read a set's YAML, with one quick candidate and a metric that goes with the prices."""
    plain = load_model(REPOSITORY / SETS[name] / f"{name}.yaml").model_dump(mode="python")
    plain["candidates"] = [{"name": "xgboost", "estimator": "xgboost", "parameters": TREES}]
    if metric == "paid":
        plain["evaluation"] |= {"metric": PAID_FOR[plain["task"]]}
    plain["backtest"]["policies"] = [*FIXED, *UNGATED, "configured", "hybrid"]
    return ModelConfig.model_validate(plain)


def price_runs(config: ModelConfig, retrain: float) -> ModelConfig:
    prices = config.backtest.prices.model_copy(update={"retrain": retrain})
    return config.model_copy(update={"backtest": config.backtest.model_copy(update={"prices": prices})})


def replay_set(name: str, home: Path, data: Path, *, metric: str) -> dict[str, Backtest]:
    """Replay one set at each price; the models are fitted once."""
    config = read_set(name, metric=metric)
    run = freeze_run(config, project=data, home=home, run_id="benchmark", started=datetime.now(UTC))
    folder = prepare(run)
    with Workers(read_threads()) as workers:
        compare_schedules(folder, config, no_watch, workers)
    history = open_history(folder)[1]
    week = read_models(folder, 1)[0].holdout_error * rows_a_week(history)
    return {
        price: compare_schedules(folder, price_runs(config, share * week), no_watch, Workers(1))
        for price, share in WEEKS.items()
    }


def no_watch(_what: str, _parts: int) -> Callable[[], None]:
    return lambda: None


def fill(table: Table, name: str, price: str, result: Backtest) -> bool:
    """Add a line, and tell whether the aim is met."""
    costs = {each.policy: each for each in result.costs}
    best = min((costs[policy] for policy in FIXED), key=lambda each: each.total)
    hybrid = costs["hybrid"]
    share = hybrid.total / best.total
    table.add_row(
        name,
        price,
        *(f"{costs[policy].total / best.total:.3f}" for policy in (*FIXED, *UNGATED, "configured")),
        f"[bold]{share:.3f}[/]" if share <= AIM else f"[bold red]{share:.3f}[/]",
        f"{hybrid.runs} / {hybrid.promotions}",
        f"{result.in_hindsight.total / best.total:.3f}",
        result.recommended,
    )
    return share <= AIM


def main() -> None:
    keep_quiet()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    parser.add_argument("--keep", type=Path, help="keep what is found out here, and go on from it")
    parser.add_argument("--metric", choices=("paid", "default"), default="paid")
    options = parser.parse_args()
    console = Console(width=220)
    columns = (
        "set",
        "a retrain costs",
        *FIXED,
        *UNGATED,
        "configured",
        "hybrid",
        "runs / promoted",
        "next",
        "next setting",
    )
    table = Table(*columns, title=f"total cost / that of the best fixed schedule in hindsight; aim: hybrid <= {AIM}")
    met = []
    with tempfile.TemporaryDirectory(prefix="ratchet-schedules-") as folder:
        home = options.keep or Path(folder)
        for name in options.sets:
            began = time.perf_counter()
            for price, result in replay_set(name, home, options.data.parent, metric=options.metric).items():
                met.append(fill(table, name, price, result))
            console.print(f"({name}: {time.perf_counter() - began:.0f} s)")
    console.print(table)
    console.print(f"{sum(met)} of {len(met)} cells meet the aim")


if __name__ == "__main__":
    main()
