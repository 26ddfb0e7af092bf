"""Fairness on real people: figures beside fairlearn's, an unfair model, its fair twin, and a group of twelve rows.

    python -m benchmarks.fairness [--data ../shared/data] [--seeds 20]

Each seed draws a new split of `adult` (by sex) and `taiwan_credit` (by SEX) and trains two models on it with the
pipeline's own catalogue. The fair twin learns from the labels as they are. The unfair one learns from labels in which
half of the women's positives count as negative, and is measured on labels as they are. Both are judged by the
pipeline's own `judge` and `fair` gate with the default limits. Then all but twelve women are taken out of the holdout.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from rich.console import Console
from rich.table import Table
from sklearn.metrics import accuracy_score, precision_score

from ratchet.config.model import ModelConfig
from ratchet.config.training import CandidateSpec
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.decisions import decide_classes
from ratchet.evaluation.judging import judge
from ratchet.gates.fair import Groups, fair
from ratchet.gates.group_claims import FairGate
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows
from ratchet.records.fairness import Fairness
from ratchet.records.judgement import Outcome

REPOSITORY = Path(__file__).resolve().parents[1]
CLASSES = ("no", "yes")
TWELVE = 12
METRICS = {
    "selection_rate": selection_rate,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
    "precision": partial(precision_score, zero_division=np.nan),
    "accuracy": accuracy_score,
}
ADULT = (
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One data set: its rows, the features and their kinds, and the group that is treated badly."""

    name: str
    rows: pd.DataFrame
    features: dict[str, str]
    sensitive: tuple[str, ...]
    group: tuple[str, str]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    table = Table("data", "splits", "largest difference to fairlearn", "unfair stopped", "fair twin passes", "12 rows")
    for people in (read_adult(options.data), read_taiwan(options.data)):
        table.add_row(people.name, str(options.seeds), *measure(people, options.seeds))
    Console(width=110).print(table)


def measure(people: People, seeds: int) -> list[str]:
    """Return the table's figures, each outcome as a count of its splits."""
    furthest, outcomes = 0.0, []
    for seed in range(seeds):
        fair_twin, unfair, twelve = judge_split(people, seed)
        furthest = max(furthest, fair_twin[0], unfair[0])
        outcomes.append((unfair[1], fair_twin[1], twelve[1]))
    wanted = (Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE)
    counts = [
        sum(found is want for found in column) for column, want in zip(zip(*outcomes, strict=True), wanted, strict=True)
    ]
    names = ("stopped", "pass", "inconclusive")
    return [f"{furthest:.1e}", *(f"{count} of {seeds} {name}" for count, name in zip(counts, names, strict=True))]


def judge_split(people: People, seed: int) -> list[tuple[float, Outcome]]:
    """Judge the fair twin, the unfair model, and the fair twin where twelve rows of the group are left."""
    chance = np.random.default_rng([seed, 7])
    order = chance.permutation(len(people.rows))
    cut = len(order) * 2 // 3
    train, holdout = people.rows.iloc[order[:cut]], people.rows.iloc[order[cut:]].reset_index(drop=True)
    column, value = people.group
    harmed = (train[column] == value) & (train["target"] == 1) & (chance.random(len(train)) < 0.5)
    config = make_config(people, seed)
    honest = score(config, train, holdout, seed)
    skewed = score(config, train.assign(target=train["target"].where(~harmed, 0)), holdout, seed)
    is_group = (holdout[column] == value).to_numpy()
    kept = ~is_group | (np.cumsum(is_group) <= TWELVE)
    return [
        ask(config, holdout, honest),
        ask(config, holdout, skewed),
        ask(config, holdout[kept].reset_index(drop=True), honest[kept]),
    ]


def score(config: ModelConfig, train: pd.DataFrame, holdout: pd.DataFrame, seed: int) -> np.ndarray:
    """Fit the pipeline's boosting and score the holdout."""
    spec = CandidateSpec(name="boosting", estimator="hist_gradient_boosting")
    return score_rows(fit_candidate(spec, train, config, classes=CLASSES, seed=seed, threads=2), holdout, config)


def ask(config: ModelConfig, holdout: pd.DataFrame, scores: np.ndarray) -> tuple[float, Outcome]:
    """Judge a model, and return how far its figures are from fairlearn's, and what the gate says."""
    labels = holdout["target"].to_numpy(dtype=np.float64)
    baseline = np.full(len(labels), labels.mean())
    comparison = Comparison(
        config=config,
        frame=holdout,
        labels=labels,
        classes=2,
        challenger=Scored(scores=scores, decisions=decide_classes("binary", scores, holdout)),
        champion=None,
        baseline=Scored(scores=baseline, decisions=decide_classes("binary", baseline, holdout)),
    )
    evaluation = judge(comparison, challenger="boosting")
    if evaluation.fairness is None:
        raise SystemExit("nothing was measured by group")
    groups = Groups(task=config.task, sensitive=config.asked.sensitive, champion=None, fairness=evaluation.fairness)
    return compare_with_fairlearn(comparison, evaluation.fairness), fair(config.gates.of(FairGate), groups).outcome


def compare_with_fairlearn(comparison: Comparison, fairness: Fairness) -> float:
    """Return the largest difference between a figure of the record and the one that fairlearn gives for the rows."""
    furthest = 0.0
    for attribute in fairness.attributes:
        groups = {group.name: group for group in attribute.groups if group.figures}
        by_group = MetricFrame(
            metrics=METRICS,
            y_true=comparison.labels,
            y_pred=comparison.challenger.decisions,
            sensitive_features=comparison.frame[list(attribute.columns)].astype(str).agg(", ".join, axis=1),
        ).by_group
        for name, group in groups.items():
            for figure in group.figures:
                if figure.measure in METRICS and figure.value is not None:
                    furthest = max(furthest, abs(figure.value - float(by_group[figure.measure].loc[name])))
    return furthest


def make_config(people: People, seed: int) -> ModelConfig:
    """Describe the model; everything about fairness is left at its default."""
    return ModelConfig.model_validate(
        {
            "model": people.name,
            "task": "binary",
            "data": {
                "source": {"path": "unused.csv"},
                "time": {"order": "rows"},
                "target": {"column": "target", "positive": "yes"},
                "features": people.features,
                "sensitive": people.sensitive,
            },
            "split": {"method": "random"},
            "schedule": {"seed": seed},
        }
    )


def read_adult(data: Path) -> People:
    """Read adult: income, with `sex` and, of it, women."""
    rows = pd.read_csv(data / "adult" / "adult-train.csv.gz", names=list(ADULT), skipinitialspace=True, na_values="?")
    rows["target"] = (rows["income"].str.rstrip(".") == ">50K").astype(np.int8)
    return describe("adult", rows.drop(columns=["income", "fnlwgt"]), ("sex",), ("sex", "Female"))


def read_taiwan(data: Path) -> People:
    """Read taiwan_credit: default of payment, with `SEX` and, of it, women (code 2)."""
    rows = pd.read_csv(data / "taiwan_credit" / "credit-card-clients.csv")
    rows["target"] = rows.pop(next(name for name in rows if "default" in name.lower())).astype(np.int8)
    return describe("taiwan_credit", rows.assign(SEX=rows["SEX"].astype(str)), ("SEX",), ("SEX", "2"))


def describe(name: str, rows: pd.DataFrame, sensitive: tuple[str, ...], group: tuple[str, str]) -> People:
    """Tell kinds of features by their types."""
    kinds = {
        column: "numeric" if pd.api.types.is_numeric_dtype(rows[column]) else "categorical"
        for column in rows
        if column != "target"
    }
    return People(name=name, rows=rows, features=kinds, sensitive=sensitive, group=group)


if __name__ == "__main__":
    main()
