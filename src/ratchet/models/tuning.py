"""Search of parameters: one study of all candidates, so that those that promise more are tried more often.

The study is Optuna's tree-structured Parzen estimator (Bergstra and others, Algorithms for hyper-parameter
optimization, 2011) over all parameters together. It lives as long as a search: what a later one begins with is in the
records; see docs/decisions/0035-settings-are-tried-on-folds.md.
"""

import json
import warnings
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial

from ratchet.config.training import CandidateSpec, Setting
from ratchet.metrics.metric import Task
from ratchet.models.catalogue import SEED_LIMIT, Range, list_ranges
from ratchet.models.recipes import accumulate_means
from ratchet.records.modelling import Trial

BEGINNINGS = 6  # settings of earlier runs that are measured again
AT_RANDOM = 8  # settings before the study has something to go by
GO_ON = 0.5  # of what was measured: a trial that is not among these after a fold is not fitted on the others
CHOICE = "candidate"  # the study's own parameter


class Study:
    """What was measured of settings, and what to try next."""

    def __init__(self, specs: Sequence[CandidateSpec], task: Task, *, measured: Sequence[Trial], seed: int) -> None:
        """Begin with nothing asked for.

        Args:
            specs: the candidates, each with something to set.
            task: the model's.
            measured: what is known without a search; settings have to be as good to go on.
            seed: with it, and the same figures, the same is asked for.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # `group`, without which all candidates share a space
            sampler = TPESampler(n_startup_trials=AT_RANDOM, multivariate=True, group=True, seed=seed % SEED_LIMIT)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._specs = {each.name: each for each in specs}
        self._ranges = {each.name: list_ranges(each, task) for each in specs}
        self._means = [accumulate_means(each.scores) for each in measured]
        self._reached = {each.name: each.score for each in measured}

    def begin_with(self, champion: Sequence[tuple[str, str]], past: Sequence[tuple[Trial, float]]) -> None:
        """Go by what earlier runs found, as far as the YAML and the ranges of today let it.

        The champion's settings are asked for first, and then those that gained most; all others tell where to look.

        Args:
            champion: names of candidates, each with its parameters as JSON text.
            past: trials of earlier runs with their gains over the YAML's settings, the largest first.
        """
        better = [(each.name, each.parameters) for each, gain in past if gain > 0 and each.failure is None]
        for name, text in [*champion, *better]:
            if len(self._study.trials) < BEGINNINGS and (values := self._read(name, text)):
                self._study.enqueue_trial(values, skip_if_exists=True)
        for each, gain in past:
            if values := self._read(each.name, each.parameters):
                ranges = {f"{each.name}.{name}": _distribute(found) for name, found in self._ranges[each.name].items()}
                kinds: dict[str, BaseDistribution] = {CHOICE: CategoricalDistribution([*self._specs]), **ranges}
                value = self._reached[each.name] + gain
                self._study.add_trial(create_trial(params=values, distributions=kinds, value=value))

    def _read(self, name: str, text: str) -> dict[str, Setting]:
        """Return settings as this study could have asked for them; none where it could not."""
        if name not in self._specs:
            return {}
        parameters, fixed, ranges = json.loads(text), self._specs[name].parameters, self._ranges[name]
        if parameters.keys() != ranges.keys() | fixed.keys() or any(parameters[key] != fixed[key] for key in fixed):
            return {}
        if not all(each.holds(parameters[key]) for key, each in ranges.items()):
            return {}
        return {CHOICE: name, **{f"{name}.{key}": parameters[key] for key in ranges}}

    def ask(self) -> tuple[optuna.Trial, CandidateSpec]:
        """Return what to measure next: a candidate with its settings, and what to tell the result with."""
        asked = self._study.ask()
        spec = self._specs[asked.suggest_categorical(CHOICE, [*self._specs])]
        found = {name: _suggest(asked, f"{spec.name}.{name}", each) for name, each in self._ranges[spec.name].items()}
        return asked, spec.model_copy(update={"parameters": found | spec.parameters})

    def tell(self, asked: optuna.Trial, trial: Trial) -> None:
        """Take what was measured: on all folds, on the newest ones after which it was given up, or on none."""
        means = accumulate_means(trial.scores)
        self._means.append(means)
        if trial.failure is None:
            self._study.tell(asked, means[-1])
            return
        for place, mean in enumerate(means):
            asked.report(mean, place)
        self._study.tell(asked, state=TrialState.PRUNED if means else TrialState.FAIL)

    def find_floors(self) -> tuple[float, ...]:
        """Return the mean that a trial needs after each fold, the newest first, to be among the better half so far."""
        longest = max(map(len, self._means), default=0)
        reached = ([means[place] for means in self._means if len(means) > place] for place in range(longest))
        return tuple(float(np.quantile(means, 1 - GO_ON)) for means in reached)


def _suggest(asked: optuna.Trial, name: str, each: Range) -> Setting:
    if each.is_whole:
        return asked.suggest_int(name, int(each.low), int(each.high), log=each.is_log)
    return asked.suggest_float(name, each.low, each.high, log=each.is_log)


def _distribute(each: Range) -> IntDistribution | FloatDistribution:
    if each.is_whole:
        return IntDistribution(int(each.low), int(each.high), log=each.is_log)
    return FloatDistribution(each.low, each.high, log=each.is_log)
