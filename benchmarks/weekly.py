"""A year of weekly retraining with real learners and no drift: how often the champion changes, and for the worse.

    python -m benchmarks.weekly [--weekly-chains 6]

In the first world a site has a year's history, and gets fresh rows of the same synthetic problem each week. It trains
eight models of one recipe on these, chooses one on validation and judges it on the holdout: newer rows teach nothing
that older ones did not, so every change is for nothing. In the second, rows are kept, and the one recipe learns 70 % of
all there are: the more, the better. The naive site promotes the best of all if its number on the holdout is higher.
What a model is truly worth is known, because the rows' probabilities are.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from xgboost import XGBClassifier

from benchmarks.judged import ask_all, compare_scores, describe_model, has_gained, is_promoted, is_renewal, judge_scores
from ratchet.config.model import ModelConfig
from ratchet.evaluation.judging import measure_champion_gain
from ratchet.gates.beats_champion import RenewalRule
from ratchet.metrics.arrays import Floats
from ratchet.records.judgement import Decision, Evaluation, Renewal

WEEKS = 52
CANDIDATES = 8
FEATURES = 12
ROWS = (5000, 2000, 2000)  # train, validation, holdout
FIRST_ROWS, NEW_ROWS = 6000, 120  # of the site that keeps its rows
TRUTH_ROWS = 20_000
SEED = 20240501
RECIPE = {"n_estimators": 60, "max_depth": 3, "learning_rate": 0.15, "subsample": 0.7, "colsample_bytree": 0.7}
RULE = RenewalRule()
CONFIGS = {confidence: describe_model("binary", confidence=confidence, resamples=1000) for confidence in (0.99, 0.95)}
RULES = {  # confidence, and whether the champion may be renewed
    "ours, 99 % (unattended)": (0.99, True),
    "ours, 99 %, no renewals": (0.99, False),
    "ours, 95 % (a person decides)": (0.95, True),
    "ours, 95 %, no renewals": (0.95, False),
}
NAIVE = "best of all, higher"
FRESH, KEPT = "each week's rows alone", "rows that are kept"
Rows = tuple[Floats, Floats]  # features, and labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What became of one site in a year.

    Attributes:
        changes: how often the champion changed.
        renewals: changes that were renewals.
        worse: changes to a champion that is truly worse.
        worse_renewals: renewals to one that is.
        beyond: renewals to one that is worse by more than a renewal may lose.
        held: weeks in which a gain was shown and another gate asked for a person.
        gained: what the last champion is truly worth more than the first, in roc_auc.
        mean: what the champion was truly worth more than the first in the mean of all weeks.
    """

    changes: int
    renewals: int
    worse: int
    worse_renewals: int
    beyond: int
    held: int
    gained: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A model, when it was made, and what it is truly worth."""

    model: XGBClassifier
    week: int
    worth: float


@dataclass(slots=True, kw_only=True)
class Site:
    """A site during the year: its champion, the one last shown to be better, and what is counted."""

    first: Made
    champion: Made
    proven: Made | None = None
    changes: int = 0
    renewals: int = 0
    worse: int = 0
    worse_renewals: int = 0
    beyond: int = 0
    held: int = 0
    worths: float = 0.0

    def promote(self, made: Made, *, renewal: bool = False) -> None:
        """Change the champion and note whether that was for the worse."""
        loss = self.champion.worth - made.worth
        self.changes += 1
        self.worse += loss > 0
        self.renewals += renewal
        self.worse_renewals += renewal and loss > 0
        self.beyond += renewal and loss > RULE.margin * (self.champion.worth - 0.5)
        self.proven = (self.proven or self.champion) if renewal else None
        self.champion = made

    def end(self) -> Year:
        """Sum up."""
        return Year(
            changes=self.changes,
            renewals=self.renewals,
            worse=self.worse,
            worse_renewals=self.worse_renewals,
            beyond=self.beyond,
            held=self.held,
            gained=self.champion.worth - self.first.worth,
            mean=self.worths / WEEKS - self.first.worth,
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The challenger of one week, the rows that judge it, and what is judged already, by confidence and champion."""

    challenger: Made
    holdout: Rows
    share: float
    judged: dict[tuple[float, int], Evaluation] = field(default_factory=dict)

    def judge(self, confidence: float, champion: Made) -> Evaluation:
        """Judge the challenger against a champion, once for all sites that have it."""
        key = confidence, champion.week
        if key not in self.judged:
            scores = self.score(self.challenger), self.score(champion)
            self.judged[key] = judge_scores(CONFIGS[confidence], self.holdout[1], *scores)
        return self.judged[key]

    def score(self, made: Made) -> Floats:
        """Score the holdout."""
        return score(made.model, self.holdout[0])

    def look_back(self, site: Site, config: ModelConfig) -> Renewal:
        """Say what a renewal asks of a champion's own recipe."""
        missed = self.share * (self.challenger.week - site.champion.week)
        if site.proven is None or missed < RULE.unlearnt:
            return Renewal(unlearnt=missed)
        scores = self.score(self.challenger), self.score(site.proven)
        gain = measure_champion_gain(compare_scores(config, self.holdout[1], *scores))
        return Renewal(unlearnt=missed, proven=site.proven.week, proven_gain=gain)


def ask(site: Site, rule: str, week: Week) -> None:
    """Promote the challenger where our rule does without asking anybody."""
    confidence, renews = RULES[rule]
    config, evaluation = CONFIGS[confidence], week.judge(confidence, site.champion)
    if renews:
        evaluation = replace(evaluation, renewal=week.look_back(site, config))
    asks = any(each.consequence is Decision.HOLD for each in ask_all(config, evaluation))
    site.held += has_gained(config, evaluation) and asks
    if is_promoted(config, evaluation):
        site.promote(week.challenger, renewal=is_renewal(config, evaluation))


def draw_fresh(chance: np.random.Generator) -> Iterator[tuple[Rows, Rows, Rows, float]]:
    """Draw each week's training, validation and holdout rows anew, with the share of what is known that a week is."""
    for week in range(WEEKS + 1):
        train, validation, holdout = (draw_labels(chance, rows) for rows in ROWS)
        yield train, validation, holdout, 1 / (WEEKS + week)


def draw_kept(chance: np.random.Generator) -> Iterator[tuple[Rows, Rows, Rows, float]]:
    """Draw all rows at once; each week knows some more of them, and divides them as a run does."""
    features, labels = draw_labels(chance, FIRST_ROWS + WEEKS * NEW_ROWS)
    for week in range(WEEKS + 1):
        known = FIRST_ROWS + week * NEW_ROWS
        cuts = [0, int(0.7 * known), int(0.85 * known), known]
        train, validation, holdout = ((features[start:end], labels[start:end]) for start, end in pairwise(cuts))
        yield train, validation, holdout, NEW_ROWS / known


WORLDS = {FRESH: (draw_fresh, CANDIDATES), KEPT: (draw_kept, 1)}


def live_a_year(world: str, chain: int) -> dict[str, Year]:
    """Retrain 52 times and return what became of each rule's site, all on the same rows."""
    draw, candidates = WORLDS[world]
    chance = np.random.default_rng([SEED, chain])
    truth = draw_rows(np.random.default_rng(SEED), TRUTH_ROWS)

    def make(model: XGBClassifier, week: int) -> Made:
        return Made(model=model, week=week, worth=measure_worth(model, *truth))

    weeks = draw(chance)
    first = make(fit(*next(weeks)[0], seed=0), 0)
    sites = {rule: Site(first=first, champion=first) for rule in (*RULES, NAIVE)}
    for number, (train, validation, holdout, share) in enumerate(weeks, start=1):
        models = [fit(*train, seed=int(chance.integers(1 << 30))) for _ in range(candidates)]
        week = Week(challenger=make(find_best(models, validation), number), holdout=holdout, share=share)
        for rule in RULES:
            ask(sites[rule], rule, week)
        best = find_best([sites[NAIVE].champion.model, *models], holdout)
        if best is not sites[NAIVE].champion.model:
            sites[NAIVE].promote(make(best, number))
        for site in sites.values():
            site.worths += site.champion.worth
    return {rule: site.end() for rule, site in sites.items()}


def find_best(models: Sequence[XGBClassifier], rows: tuple[Floats, Floats]) -> XGBClassifier:
    features, labels = rows
    return max(models, key=lambda model: roc_auc_score(labels, score(model, features)))


COUNTS = {
    "changes": "changes",
    "renewals": "renewals",
    "worse": "truly worse",
    "worse_renewals": "renewals truly worse",
    "beyond": "by more than the margin",
    "held": "held although gained",
}


def show_year(workers: ProcessPoolExecutor, chains: int) -> None:
    """Print what a year brings, and how sure that is."""
    for world in WORLDS:
        years = list(workers.map(partial(live_a_year, world), range(chains)))
        columns = ("a year of weekly retraining", *COUNTS.values(), "true roc_auc gained", "in the mean")
        table = Table(*columns, title=f"{world}: {chains} sites, +/- 95 % over sites; aim: ours truly worse <= 0.5")
        for rule in (*RULES, NAIVE):
            lived = [year[rule] for year in years]
            counts = [describe([float(getattr(year, name)) for year in lived], "{:.2f}") for name in COUNTS]
            gains = [describe([getattr(year, name) for year in lived], "{:+.4f}") for name in ("gained", "mean")]
            table.add_row(rule, *counts, *gains)
        Console(width=190).print(table)


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
