"""What happens to the primary metric when rows come in as they sometimes do: each stress is one changed copy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ratchet.errors import RatchetError
from ratchet.evaluation.behaviour.samples import Sample, Subject, compare
from ratchet.evaluation.comparison import Scored
from ratchet.records.behaviour import Stress

PLAIN = "plain"  # the copy that nothing was changed in
NULL_SHARE = 0.1  # of all values: more than the data check lets pass for a column (`checks.max_null_increase`)
TIMES = 1000.0  # grams for kilograms, cents for tens: the unit error that is met most
NOISE_SHARE = 0.1  # of a column's spread
MIDDLE = (0.25, 0.75)
NORMAL_WIDTH = 1.349  # of that middle half, in standard deviations of a normal distribution
SHOWN_TEXT = 40  # characters of a value that a sentence repeats
TAILS = (0.01, 0.99)  # what one huge value must not move


Scores = Mapping[str, Scored | str]  # by copy: what a model says of it, or why it can't


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A changed copy of rows, and what was done to them."""

    frame: pd.DataFrame
    change: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StressInputs:
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


def measure_stresses(inputs: StressInputs, challenger: Subject, champion: Subject | None) -> tuple[Stress, ...]:
    """Score each changed copy that the YAML leaves on, with challenger and champion."""
    sample = inputs.sample
    made = {name: CHANGES[name](inputs) for name in sample.config.behaviour.stress.chosen}
    copies = {name: changed for name, changed in made.items() if isinstance(changed, Changed)}
    scored = [_score_copies(sample, side, copies) for side in (challenger, champion) if side is not None]
    return tuple(_measure(sample, name, changed, scored) for name, changed in made.items())


def _score_copies(sample: Sample, subject: Subject, copies: Mapping[str, Changed]) -> Scores:
    """Score the rows as they are and each changed copy, at once where that can be done: calls have their price."""
    frames = {PLAIN: sample.frame} | {name: changed.frame for name, changed in copies.items()}
    stacked = _stack(sample, list(frames.values()))
    try:
        parts = np.split(subject.score(stacked), len(frames))
    except RatchetError:
        return {name: _score_alone(sample, subject, frame) for name, frame in frames.items()}
    return {name: sample.read(scores, subject.thresholds) for name, scores in zip(frames, parts, strict=True)}


def _stack(sample: Sample, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    names = [name for name in sample.config.data.features if name in sample.frame.columns]
    return pd.concat([frame[names].astype(object) for frame in frames], ignore_index=True)


def _score_alone(sample: Sample, subject: Subject, frame: pd.DataFrame) -> Scored | str:
    try:
        return sample.read(subject.score(frame), subject.thresholds)
    except RatchetError as error:
        return f"the changed rows can't be scored: {error}"


def _measure(sample: Sample, name: str, changed: Changed | str, sides: Sequence[Scores]) -> Stress:
    if isinstance(changed, str):
        return Stress(name=name, skipped=changed)
    stress = Stress(name=name, change=changed.change, columns=changed.columns)
    pairs = [_pair_up(side, name) for side in sides]
    if problem := next((each for each in pairs if isinstance(each, str)), None):
        return replace(stress, problem=problem)
    return _compare(sample, stress, [each for each in pairs if not isinstance(each, str)])


def _pair_up(side: Scores, name: str) -> tuple[Scored, Scored] | str:
    """Return what a model says of the rows as they are and of the changed ones; why not, when it can't."""
    before, after = side[PLAIN], side[name]
    if isinstance(after, str):
        return after
    return before if isinstance(before, str) else (before, after)


def _compare(sample: Sample, stress: Stress, sides: Sequence[tuple[Scored, Scored]]) -> Stress:
    losses = [compare(sample, after, before, opponent="itself", name=stress.name) for before, after in sides]
    if len(sides) == 1:
        return replace(stress, loss=losses[0])
    gain = compare(sample, sides[0][1], sides[1][1], opponent="champion", name=stress.name)
    return replace(stress, loss=losses[0], champion_loss=losses[1].estimate, gain=gain)


def inject_nulls(inputs: StressInputs) -> Changed | str:
    """Leave out a share of the values of every feature."""
    frame, generator = inputs.sample.frame.copy(), np.random.default_rng([inputs.seed, 0])
    names = [name for name in inputs.ranking if name in frame.columns]
    for name in names:
        frame[name] = frame[name].astype(object).mask(generator.random(len(frame)) < NULL_SHARE, None)
    change = f"{100 * NULL_SHARE:g} % of the values of every feature are missing"
    return Changed(frame=frame, change=change, columns=tuple(names))


def mistake_unit(inputs: StressInputs) -> Changed | str:
    """Multiply the most important number, as if it came in another unit."""
    names = inputs.of_kind("numeric")
    if not names:
        return "no numeric feature has a value"
    name, frame = names[0], inputs.sample.frame.copy()
    with np.errstate(over="ignore"):
        frame[name] = _numbers(frame[name]) * TIMES
    return Changed(frame=frame, change=f"{name} is {TIMES:,.0f} times as large", columns=(name,))


def lose_category(inputs: StressInputs) -> Changed | str:
    """Rename the commonest value of the most important category: no model has seen the new one."""
    names = inputs.of_kind("categorical")
    if not names:
        return "no categorical feature has a value"
    name, frame = names[0], inputs.sample.frame.copy()
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


def add_noise(inputs: StressInputs) -> Changed | str:
    """Add noise to every number, as large as a share of its spread."""
    names = inputs.of_kind("numeric")
    if not names:
        return "no numeric feature has a value"
    frame, generator = inputs.sample.frame.copy(), np.random.default_rng([inputs.seed, 1])
    for name in names:
        numbers = _numbers(frame[name])
        frame[name] = numbers + NOISE_SHARE * _spread(numbers) * generator.normal(size=len(numbers))
    change = f"numbers are off by {100 * NOISE_SHARE:g} % of their spread"
    return Changed(frame=frame, change=change, columns=tuple(names))


def replay_drift(inputs: StressInputs) -> Changed | str:
    """Move every number by as much as its mean has moved from validation to the holdout."""
    names = inputs.of_kind("numeric")
    if inputs.earlier is None:
        return "the rows are not split by time, so nothing has drifted between the parts"
    if not names:
        return "no numeric feature has a value"
    frame, moved = inputs.sample.frame.copy(), []
    for name in names:
        shifted = _repeat_shift(frame[name], inputs.earlier[name])
        if shifted is not None:
            frame[name] = shifted
            moved.append(name)
    if not moved:
        return "no number has moved from validation to the holdout"
    return Changed(frame=frame, change="what moved from validation to holdout moved once more", columns=tuple(moved))


def _repeat_shift(column: pd.Series, earlier: pd.Series) -> pd.Series | None:
    """Move a column by as much as its middle has moved before; None when that has not."""
    numbers = _numbers(column)
    shift = _middle_mean(numbers) - _middle_mean(_numbers(earlier))
    return numbers + shift if np.isfinite(shift) and shift else None


CHANGES: Mapping[str, Callable[[StressInputs], Changed | str]] = {
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
