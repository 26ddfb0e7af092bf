"""A year of weekly retraining with real learners and no drift: how often the champion changes, and for the worse.

    python -m benchmarks.weekly [--weekly-chains 6]

Each week a site gets fresh rows of the same synthetic problem, trains eight models of one recipe, chooses one on
validation and judges it on the holdout; the naive site promotes the best of the eight if its number on the holdout is
higher. What a model is truly worth is known, because the rows' probabilities are.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from xgboost import XGBClassifier

from benchmarks.judged import ask_all, describe_model, has_gained, is_promoted, judge_scores
from ratchet.config.model import ModelConfig
from ratchet.metrics.arrays import Floats
from ratchet.records.judgement import Decision

WEEKS = 52
CANDIDATES = 8
FEATURES = 12
ROWS = (5000, 2000, 2000)  # train, validation, holdout
TRUTH_ROWS = 20_000
SEED = 20240501
RECIPE = {"n_estimators": 60, "max_depth": 3, "learning_rate": 0.15, "subsample": 0.7, "colsample_bytree": 0.7}
RULES = {
    "ours, 99 % (unattended)": describe_model("binary", confidence=0.99, resamples=1000),
    "ours, 95 % (a person decides)": describe_model("binary", confidence=0.95, resamples=1000),
}
NAIVE = "best of 8, higher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What became of one site in a year.

    Attributes:
        changes: how often the champion changed.
        worse: changes to a champion that is truly worse.
        held: weeks in which a gain was shown and another gate asked for a person.
        gained: what the last champion is truly worth more than the first, in roc_auc.
    """

    changes: int
    worse: int
    held: int
    gained: float


@dataclass(slots=True, kw_only=True)
class Site:
    """A site during the year: its champion, what that is truly worth, and what is counted."""

    champion: XGBClassifier
    worth: float
    first: float
    changes: int = 0
    worse: int = 0
    held: int = 0

    def promote(self, model: XGBClassifier, worth: float) -> None:
        """Change the champion and note whether that was for the worse."""
        self.changes += 1
        self.worse += worth < self.worth
        self.champion, self.worth = model, worth

    def end(self) -> Year:
        """Sum up."""
        return Year(changes=self.changes, worse=self.worse, held=self.held, gained=self.worth - self.first)


def draw_rows(chance: np.random.Generator, rows: int) -> tuple[Floats, Floats]:
    """Draw features, and the probability that goes with them: bends, steps and one interaction; roc_auc about 0.77."""
    features = chance.normal(size=(rows, FEATURES))
    one, two, three, four, five = features[:, :5].T
    score = 0.8 * one + 0.5 * np.sin(2 * two) + 0.6 * (three > 0.5) + 0.5 * four * five - 1.6
    return features, 1 / (1 + np.exp(-score))


def draw_labels(chance: np.random.Generator, rows: int) -> tuple[Floats, Floats]:
    features, probabilities = draw_rows(chance, rows)
    return features, (chance.random(rows) < probabilities).astype(np.float64)


def score(model: XGBClassifier, features: Floats) -> Floats:
    return np.asarray(model.predict_proba(features)[:, 1], dtype=np.float64)


def fit(features: Floats, labels: Floats, seed: int) -> XGBClassifier:
    return XGBClassifier(**RECIPE, random_state=seed, n_jobs=1).fit(features, labels)


def measure_worth(model: XGBClassifier, features: Floats, probabilities: Floats) -> float:
    """Measure roc_auc over every row being positive with its probability and negative else."""
    scores = score(model, features)
    labels = np.repeat([1.0, 0.0], len(scores))
    return float(roc_auc_score(labels, np.tile(scores, 2), sample_weight=np.append(probabilities, 1 - probabilities)))


def judge_week(site: Site, config: ModelConfig, challenger: XGBClassifier, holdout: tuple[Floats, Floats]) -> bool:
    """Tell whether our rule promotes the challenger without asking anybody."""
    features, labels = holdout
    evaluation = judge_scores(config, labels, score(challenger, features), score(site.champion, features))
    asks = any(each.consequence is Decision.HOLD for each in ask_all(config, evaluation))
    site.held += has_gained(config, evaluation) and asks
    return is_promoted(config, evaluation)


def live_a_year(chain: int) -> dict[str, Year]:
    """Retrain 52 times and return what became of each rule's site, all on the same rows."""
    chance = np.random.default_rng([SEED, chain])
    truth = draw_rows(np.random.default_rng(SEED), TRUTH_ROWS)
    first = fit(*draw_labels(chance, ROWS[0]), seed=0)
    worth = measure_worth(first, *truth)
    sites = {rule: Site(champion=first, worth=worth, first=worth) for rule in (*RULES, NAIVE)}
    for _ in range(WEEKS):
        train, validation, holdout = (draw_labels(chance, rows) for rows in ROWS)
        models = [fit(*train, seed=int(chance.integers(1 << 30))) for _ in range(CANDIDATES)]
        chosen = find_best(models, validation)
        for rule, config in RULES.items():
            if judge_week(sites[rule], config, chosen, holdout):
                sites[rule].promote(chosen, measure_worth(chosen, *truth))
        best = find_best([sites[NAIVE].champion, *models], holdout)
        if best is not sites[NAIVE].champion:
            sites[NAIVE].promote(best, measure_worth(best, *truth))
    return {rule: site.end() for rule, site in sites.items()}


def find_best(models: Sequence[XGBClassifier], rows: tuple[Floats, Floats]) -> XGBClassifier:
    features, labels = rows
    return max(models, key=lambda model: roc_auc_score(labels, score(model, features)))


def show_year(workers: ProcessPoolExecutor, chains: int) -> None:
    """Print what a year brings, and how sure that is."""
    columns = ("a year of weekly retraining", "changes", "truly worse", "held although gained", "true roc_auc gained")
    years = list(workers.map(live_a_year, range(chains)))
    table = Table(*columns, title=f"{chains} sites, +/- 95 % over sites; aim: ours truly worse < 1")
    for rule in (*RULES, NAIVE):
        lived = [year[rule] for year in years]
        counts = [
            describe([float(getattr(year, name)) for year in lived], "{:.2f}") for name in ("changes", "worse", "held")
        ]
        table.add_row(rule, *counts, describe([year.gained for year in lived], "{:+.4f}"))
    Console(width=130).print(table)


def describe(figures: list[float], form: str) -> str:
    error = 1.96 * np.std(figures, ddof=1) / np.sqrt(len(figures)) if len(figures) > 1 else 0.0
    return f"{form.format(np.mean(figures))} +/- {form.format(error).lstrip('+')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weekly-chains", type=int, default=6)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        show_year(workers, parser.parse_args().weekly_chains)


if __name__ == "__main__":
    main()
