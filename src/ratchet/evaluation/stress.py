"""What happens to the primary metric when rows come in as they sometimes do: each stress is one changed copy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ratchet.errors import RatchetError
from ratchet.evaluation.comparison import Scored
from ratchet.evaluation.probing import Sample, Subject, compare
from ratchet.records.behaviour import Stress

PLAIN = "plain"  # the copy that nothing was changed in
NULL_SHARE = 0.1  # of all values: more than the data check lets pass for a column (`checks.max_null_increase`)
TIMES = 1000.0  # grams for kilograms, cents for tens: the unit error that is met most
NOISE_SHARE = 0.1  # of a column's spread
MIDDLE = (0.25, 0.75)
NORMAL_WIDTH = 1.349  # of that middle half, in standard deviations of a normal distribution
SHOWN_TEXT = 40  # characters of a value that a sentence repeats
TAILS = (0.01, 0.99)  # what one huge value must not move


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A changed copy of rows, and what was done to them."""

    frame: pd.DataFrame
    change: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What stresses are made from.

    Attributes:
        sample: the rows as they are.
        earlier: numeric features of the rows before the holdout; None where rows have no order.
        ranking: features, the most important one first.
        seed: the same seed makes the same copies.
    """

    sample: Sample
    earlier: pd.DataFrame | None
    ranking: tuple[str, ...]
    seed: int

    def of_kind(self, kind: str) -> list[str]:
        """Return the features of a type that have a value, in their ranking."""
        known = self.sample.config.data.features
        names = [name for name in self.ranking if known.get(name) == kind and name in self.sample.frame.columns]
        return [name for name in names if self.sample.frame[name].notna().any()]


def measure_stresses(grounds: Grounds, challenger: Subject, champion: Subject | None) -> tuple[Stress, ...]:
    """Score each changed copy that the YAML leaves on, with challenger and champion."""
    sample = grounds.sample
    made = {name: CHANGES[name](grounds) for name in sample.config.behaviour.stress.chosen}
    copies = {name: changed for name, changed in made.items() if isinstance(changed, Changed)}
    sides = [challenger] if champion is None else [challenger, champion]
    scored = [_score_copies(sample, side, copies) for side in sides]
    return tuple(
        Stress(name=name, skipped=changed) if isinstance(changed, str) else _measure(sample, name, changed, scored)
        for name, changed in made.items()
    )


def _score_copies(sample: Sample, subject: Subject, copies: Mapping[str, Changed]) -> dict[str, Scored | str]:
    """Score the rows as they are and each changed copy, at once where that can be done: calls have their price."""
    frames = {PLAIN: sample.frame} | {name: changed.frame for name, changed in copies.items()}
    names = [name for name in sample.config.data.features if name in sample.frame.columns]
    try:
        stacked = pd.concat([frame[names].astype(object) for frame in frames.values()], ignore_index=True)
        parts = np.split(subject.score(stacked), len(frames))
    except RatchetError:
        return {name: _score_alone(sample, subject, frame) for name, frame in frames.items()}
    return {name: sample.read(scores, subject.thresholds) for name, scores in zip(frames, parts, strict=True)}


def _score_alone(sample: Sample, subject: Subject, frame: pd.DataFrame) -> Scored | str:
    try:
        return sample.read(subject.score(frame), subject.thresholds)
    except RatchetError as error:
        return f"the changed rows can't be scored: {error}"


def _measure(sample: Sample, name: str, changed: Changed, sides: Sequence[Mapping[str, Scored | str]]) -> Stress:
    stress = Stress(name=name, change=changed.change, columns=changed.columns)
    losses, scored = [], []
    for side in sides:
        before, after = side[PLAIN], side[name]
        if isinstance(before, str) or isinstance(after, str):
            return replace(stress, problem=str(after if isinstance(after, str) else before))
        losses.append(compare(sample, after, before, opponent="itself", name=name))
        scored.append(after)
    if len(sides) == 1:
        return replace(stress, loss=losses[0])
    gain = compare(sample, scored[0], scored[1], opponent="champion", name=name)
    return replace(stress, loss=losses[0], champion_loss=losses[1].estimate, gain=gain)


def inject_nulls(grounds: Grounds) -> Changed | str:
    """Leave out a share of the values of every feature."""
    frame, generator = grounds.sample.frame.copy(), np.random.default_rng([grounds.seed, 0])
    names = [name for name in grounds.ranking if name in frame.columns]
    for name in names:
        frame[name] = frame[name].astype(object).mask(generator.random(len(frame)) < NULL_SHARE, None)
    change = f"{100 * NULL_SHARE:g} % of the values of every feature are missing"
    return Changed(frame=frame, change=change, columns=tuple(names))


def mistake_unit(grounds: Grounds) -> Changed | str:
    """Multiply the most important number, as if it came in another unit."""
    names = grounds.of_kind("numeric")
    if not names:
        return "no numeric feature has a value"
    name, frame = names[0], grounds.sample.frame.copy()
    with np.errstate(over="ignore"):
        frame[name] = _numbers(frame[name]) * TIMES
    return Changed(frame=frame, change=f"{name} is {TIMES:,.0f} times as large", columns=(name,))


def lose_category(grounds: Grounds) -> Changed | str:
    """Rename the commonest value of the most important category: no model has seen the new one."""
    names = grounds.of_kind("categorical")
    if not names:
        return "no categorical feature has a value"
    name, frame = names[0], grounds.sample.frame.copy()
    texts = frame[name].astype(object)
    commonest = texts.value_counts().index[0]
    unseen = "renamed"
    while (texts == unseen).any():
        unseen += "_"
    is_renamed = (texts == commonest).to_numpy(dtype=bool, na_value=False)
    frame[name] = texts.mask(is_renamed, unseen)
    share = 100 * float(is_renamed.mean())
    shown = str(commonest)[:SHOWN_TEXT]
    return Changed(frame=frame, change=f"'{shown}' of {name} ({share:.0f} % of rows) has a new name", columns=(name,))


def add_noise(grounds: Grounds) -> Changed | str:
    """Add noise to every number, as large as a share of its usual spread."""
    names = grounds.of_kind("numeric")
    if not names:
        return "no numeric feature has a value"
    frame, generator = grounds.sample.frame.copy(), np.random.default_rng([grounds.seed, 1])
    for name in names:
        numbers = _numbers(frame[name])
        frame[name] = numbers + NOISE_SHARE * _spread(numbers) * generator.normal(size=len(numbers))
    change = f"numbers are off by {100 * NOISE_SHARE:g} % of their spread"
    return Changed(frame=frame, change=change, columns=tuple(names))


def replay_drift(grounds: Grounds) -> Changed | str:
    """Move every number by as much as its mean has moved from validation to the holdout."""
    names = grounds.of_kind("numeric")
    if grounds.earlier is None:
        return "the rows are not split by time, so nothing has drifted between the parts"
    if not names:
        return "no numeric feature has a value"
    frame, moved = grounds.sample.frame.copy(), []
    for name in names:
        numbers = _numbers(frame[name])
        shift = _middle_mean(numbers) - _middle_mean(_numbers(grounds.earlier[name]))
        if np.isfinite(shift) and shift:
            frame[name] = numbers + shift
            moved.append(name)
    if not moved:
        return "no number has moved from validation to the holdout"
    return Changed(frame=frame, change="what moved from validation to holdout moved once more", columns=tuple(moved))


CHANGES: Mapping[str, Callable[[Grounds], Changed | str]] = {
    "nulls": inject_nulls,
    "unit": mistake_unit,
    "category": lose_category,
    "noise": add_noise,
    "drift": replay_drift,
}


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").astype("float64").replace([np.inf, -np.inf], np.nan)


def _spread(numbers: pd.Series) -> float:
    """Return the standard deviation as the middle half tells it, so that no huge value makes noise of its size."""
    low, high = numbers.quantile(list(MIDDLE))
    wide = float(high - low) / NORMAL_WIDTH
    return wide if wide > 0 else _clipped(numbers).std(ddof=0)


def _middle_mean(numbers: pd.Series) -> float:
    return float(_clipped(numbers).mean())


def _clipped(numbers: pd.Series) -> pd.Series:
    low, high = numbers.quantile(list(TAILS))
    return numbers.clip(low, high)
