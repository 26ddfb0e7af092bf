"""How often a harmed group is found, and a fair table stopped, beside Bonferroni's bounds and fairlearn's bootstrap.

    python -m benchmarks.fairness_tables [--tables 200] [--peer 40] [--first 0] [--only harmed]

Simulated holdouts with 1 to 6 sensitive columns, in which one group is truly harmed, sits on the limit, or none is.
A model decides by a latent score; the group's score is moved until its true positive rate differs from everybody else's
by as much as is asked for. Further columns are drawn at random, are correlated with the group's, or say the same.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame
from rich.console import Console
from rich.table import Table as Printed
from scipy.special import ndtr, ndtri

from ratchet.config.model import ModelConfig
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.group_fairness import measure_fairness
from ratchet.gates.fair import Groups, fair
from ratchet.gates.group_claims import FairGate, list_claims
from ratchet.records.fairness import Fairness
from ratchet.records.judgement import GateResult, Outcome

SHARE = 0.35  # of positives
CUT = 0.5  # decisions are made above it, on the latent score
APART = 1.0  # how far latent scores of positives lie above those of negatives
KINDS = {"harmed": (0.15, 0.35), "no harm": (0.0, 0.0), "on the limit": (0.1, 0.1)}
HARMED = "c0"
SAME = "the same"  # what the harmed group is called in a column that says the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One holdout with scores and decisions.

    Attributes:
        frame: the sensitive columns.
        labels: 1 for positives.
        scores: what the model says.
        decisions: 1 for positives.
        names: what the harmed group is called, by each column that has it.
        rows: how many it has.
    """

    frame: pd.DataFrame
    labels: np.ndarray
    scores: np.ndarray
    decisions: np.ndarray
    names: tuple[str, ...]
    rows: int

    @property
    def columns(self) -> list[str]:
        """The sensitive columns."""
        return list(self.frame.columns)


def draw_table(seed: int, *, least: float, most: float) -> Table:
    """Draw a table with 1 to 6 columns, whose group's true positive rate is lower by a difference between two numbers.

    The group has 300 to 3,000 rows, and is a tenth to a half of all.
    """
    chance = np.random.default_rng([seed, 38])
    rows = int(np.exp(chance.uniform(np.log(300), np.log(3000))))
    total = int(rows / chance.uniform(0.1, 0.5))
    is_harmed = chance.permutation(np.arange(total) < rows)
    names = np.where(is_harmed, "harmed", chance.choice(["a", "b", "c"][: chance.integers(1, 4)], total))
    frame = {HARMED: names.astype(object)}
    for place in range(1, int(chance.integers(1, 7))):
        frame[f"c{place}"] = _draw_column(chance, is_harmed)
    labels = (chance.random(total) < SHARE).astype(np.float64)
    latent = chance.normal(APART * labels, 1.0) - find_shift(chance.uniform(least, most)) * is_harmed
    return Table(
        frame=pd.DataFrame(frame),
        labels=labels,
        scores=_as_probability(latent),
        decisions=(latent > CUT).astype(np.float64),
        names=(f"{HARMED} harmed", *(f"{name} {SAME}" for name, values in frame.items() if SAME in values)),
        rows=rows,
    )


def find_shift(difference: float) -> float:
    """Return by how much a score is moved so that the true positive rate falls by a difference."""
    rate = float(ndtr(APART - CUT))
    return APART - CUT - float(ndtri(rate - difference))


def _draw_column(chance: np.random.Generator, is_harmed: np.ndarray) -> np.ndarray:
    """Draw a further column: at random, correlated with the harmed group, the same in other words, or an age."""
    total, kind = len(is_harmed), chance.choice(["random", "correlated", "same", "age"], p=[0.4, 0.3, 0.1, 0.2])
    if kind == "same":
        return np.where(is_harmed, SAME, "the others").astype(object)
    if kind == "age":
        return np.round(chance.normal(45 - 5 * is_harmed, 15, total)).clip(18, 95)
    values = np.array([f"v{number}" for number in range(chance.integers(2, 9))], dtype=object)
    drawn = chance.choice(values, total, p=chance.dirichlet(np.full(len(values), 2.0)))
    if kind == "random":
        return drawn
    return np.where(is_harmed & (chance.random(total) < chance.uniform(0.3, 0.9)), values[0], drawn)


def _as_probability(latent: np.ndarray) -> np.ndarray:
    """Return what a calibrated model would say that knows no groups."""
    odds = np.log(SHARE / (1 - SHARE)) + APART * latent - APART**2 / 2
    return np.asarray(1 / (1 + np.exp(-odds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who stops a table.

    Attributes:
        gate: `fair`, on all columns.
        alone: `fair`, on the first column alone.
        is_named: whether the gate names the harmed group first.
        bonferroni: a bound for all claims of all columns and pairs at once, as before.
        bonferroni_alone: the same on the first column alone.
    """

    gate: bool
    alone: bool
    is_named: bool
    bonferroni: bool
    bonferroni_alone: bool


def judge_table(table: Table) -> Found:
    """Judge a table by the pipeline's own measurements and gate, with the default limits."""
    config = make_config(table.columns)
    side = Scored(scores=table.scores, decisions=table.decisions)
    measured = measure_fairness(
        Comparison(
            config=config,
            frame=table.frame,
            labels=table.labels,
            classes=2,
            challenger=side,
            champion=None,
            baseline=side,
        )
    )
    if measured is None or measured.problem:
        raise SystemExit("nothing was measured by group")
    # a column's own figures are the same whatever other columns there are: all are drawn together
    first = replace(measured, attributes=measured.attributes[:1])
    answer = _ask(config, measured, table.columns)
    return Found(
        gate=answer.outcome is Outcome.FAIL,
        alone=_ask(config, first, table.columns[:1]).outcome is Outcome.FAIL,
        is_named=answer.reason.startswith(tuple(f"{name} is shown" for name in table.names)),
        bonferroni=is_stopped_by_bonferroni(measured),
        bonferroni_alone=is_stopped_by_bonferroni(first),
    )


def _ask(config: ModelConfig, measured: Fairness, columns: list[str]) -> GateResult:
    groups = Groups(task="binary", sensitive=tuple(columns), champion=None, fairness=measured)
    return fair(config.gates.of(FairGate), groups)


def is_stopped_by_bonferroni(measured: Fairness) -> bool:
    """Tell whether a group is beyond its limit with a bound for all claims at once, each as if it were alone."""
    claims = [each for each in list_claims(FairGate(), "binary", measured, asks_champion=False) if each.is_judged]
    reach = NormalDist().inv_cdf(1 - (1 - (measured.confidence or 0.99)) / (2 * max(len(claims), 1)))
    return any(claim.distance > reach for claim in claims)


def is_stopped_by_fairlearn(table: Table) -> bool:
    """Tell whether fairlearn's bootstrap shows any column's largest difference to be above 0.1, at 99 %."""
    for name in table.columns:
        column = table.frame[name]
        values = pd.qcut(column, 4, duplicates="drop").astype(str) if column.dtype.kind == "f" else column
        frame = MetricFrame(
            metrics={"true_positive_rate": true_positive_rate, "false_positive_rate": false_positive_rate},
            y_true=table.labels,
            y_pred=table.decisions,
            sensitive_features=values.rename("group"),
            n_boot=100,
            ci_quantiles=[0.01],
            random_state=7,
        )
        if (frame.difference_ci(method="between_groups")[0] > 0.1).any():
            return True
    return False


def true_positive_rate(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Return the share of positives that are selected; fairlearn calls it for each group of each draw."""
    positives = np.asarray(y_true) == 1
    return float(np.asarray(y_pred)[positives].mean()) if positives.any() else np.nan


def false_positive_rate(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Return the share of negatives that are selected."""
    return true_positive_rate(1 - np.asarray(y_true), y_pred)


def make_config(columns: list[str]) -> ModelConfig:
    """Describe the model; everything about fairness is left at its default."""
    return ModelConfig.model_validate(
        {
            "model": "simulated",
            "task": "binary",
            "data": {
                "source": {"path": "unused.csv"},
                "time": {"order": "rows"},
                "target": {"column": "target", "positive": "yes"},
                "features": {"x": "numeric"},
                "sensitive": columns,
            },
            "split": {"method": "random"},
        }
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--peer", type=int, default=40, help="tables that fairlearn's bootstrap judges as well")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", choices=KINDS, help="one kind of table; all without it")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.tables)
    printed = Printed("tables", *("stopped by fair", "column alone", "Bonferroni", "Bonferroni, alone", "fairlearn"))
    for name, (least, most) in KINDS.items():
        if options.only not in (None, name):
            continue
        tables = [draw_table(seed, least=least, most=most) for seed in seeds]
        found = [judge_table(table) for table in tables]
        peer = sum(map(is_stopped_by_fairlearn, tables[: options.peer]))
        printed.add_row(name, *describe(found), f"{peer} of {min(options.peer, len(tables))}")
        if name == "harmed":
            print(*explain(seeds, tables, found), sep="\n")
    Console(width=120).print(printed)


def describe(found: list[Found]) -> list[str]:
    """Count who stops how many tables."""
    counts = [
        sum(getattr(each, name) for each in found) for name in ("gate", "alone", "bonferroni", "bonferroni_alone")
    ]
    return [f"{count} of {len(found)}" for count in counts]


def explain(seeds: range, tables: list[Table], found: list[Found]) -> Iterator[str]:
    """Say what share of what one column alone finds is found, and list the tables in which it is not."""
    alone = [each for each in found if each.alone or each.bonferroni_alone]
    for name in ("gate", "bonferroni"):
        yield f"{name}: {sum(getattr(each, name) for each in alone)} of {len(alone)} that one column alone finds"
    yield f"named first: {sum(each.is_named for each in found if each.gate)} of {sum(each.gate for each in found)}"
    for seed, table, each in zip(seeds, tables, found, strict=True):
        if not each.gate:
            yield f"missed: seed {seed}, {table.rows} rows, {len(table.columns)} columns, alone {each.alone}"
    columns = Counter(len(table.columns) for table, each in zip(tables, found, strict=True) if each.gate)
    yield f"found by number of columns: {dict(sorted(columns.items()))}"


if __name__ == "__main__":
    main()
