"""Divide rows into train, validation and holdout: which row goes where, as positions, and nothing else."""

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ratchet.config.model import ModelConfig
from ratchet.config.training import MOST_JUDGING, Plain, PlannedSize, SplitBy
from ratchet.data.clock import count_moments
from ratchet.errors import DataError
from ratchet.records.columns import ROW
from ratchet.timeline import Moment, to_length, to_number

Positions = npt.NDArray[np.int64]
Moments = npt.NDArray[np.int64]  # as `timeline` counts them
Keys = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
HASH_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of the rows each judging part gets: a share, a number of rows, or a length of time."""

    validation: Plain
    holdout: Plain


RECENT_VALIDATION = 0.15  # of the rows since a change
LEAST_TAUGHT = 0.5  # of the rows before validation: a longer delay than leaves these is not kept there
LEAST_USABLE = 0.5  # of the rows since a change: a longer delay than leaves these is shortened,
SHORTENED = 8  # to this part of the time that they span


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Positions of the rows of each part, in the snapshot's order.

    Attributes:
        train: rows to fit on.
        validation: rows to choose on.
        holdout: rows to judge on.
        embargoed: rows in no part, because they would let one part know of another.
        knows_validation: whether training rows have labels that were not known when validation began, as too few
            would be left without them. None is later known than the holdout's begin, but for `knows_holdout`.
        knows_holdout: whether they have labels that were not known when the holdout began, as the rows since a change
            are few.
    """

    train: Positions
    validation: Positions
    holdout: Positions
    embargoed: int = 0
    knows_validation: bool = False
    knows_holdout: bool = False


def divide_rows(
    config: ModelConfig, rows: pa.Table, *, since: Moment | None = None, holdout: int | None = None
) -> Parts:
    """Tell which row goes into which part; of the columns only time, row and group are looked at.

    Args:
        config: the model's YAML.
        rows: the snapshot.
        since: by time, cut the judging parts from the rows after this moment; the older ones are for training.
        holdout: by time, so many rows are wanted for the holdout, whatever the YAML asks for.

    Raises:
        DataError: the YAML's numbers of rows or lengths of time leave less than a fifth to train on.
    """
    plan, data = config.split, config.data
    moments, keys = read_moments(config, rows), _keys(data.group, rows)
    sizes = Sizes(validation=plan.validation, holdout=holdout or read_holdout(plan))
    delay = to_length(data.label_delay) if plan.method == "time" else 0
    if since is None:
        _refuse_oversized(config, sizes, np.sort(moments), delay)
    if plan.method == "time":
        parts = (
            _cut_newest(moments, to_number(since), sizes, delay)
            if since is not None
            else cut_by_time(moments, sizes, delay=delay)
        )
        parts = keep_groups_apart(parts, keys) if data.group else parts
    else:
        # A seed would move a group to another part when it is changed, so it is for random rows only.
        salt = {"group": "", "random": str(config.schedule.seed)}[plan.method]
        parts = cut_by_key(keys, sizes, salt=salt)
    # Last, and from the training rows alone: the judging parts are the same whatever the window.
    return keep_newest(parts, moments, to_length(plan.fixed_window)) if plan.fixed_window else parts


def _cut_newest(moments: Moments, since: int, sizes: Sizes, delay: int) -> Parts:
    """Divide the rows after a moment as if there were no others; the older ones are for training."""
    older, newest = np.flatnonzero(moments <= since), np.flatnonzero(moments > since)
    gap = shorten_delay(np.sort(moments[newest]), delay)
    parts = cut_by_time(moments[newest], replace(sizes, validation=RECENT_VALIDATION), delay=gap)
    return replace(
        parts,
        train=np.concatenate([older, newest[parts.train]]),
        validation=newest[parts.validation],
        holdout=newest[parts.holdout],
        knows_holdout=gap < delay,
    )


def shorten_delay(ordered: Moments, delay: int) -> int:
    """Return how long before the holdout nothing is learnt of the rows since a change.

    That is the label delay, where it leaves half of them. Else it is a part of the time that they span: what serves is
    shown to have lost, and would serve for twice the delay before anything else could be judged.
    """
    if not len(ordered) or count_usable(ordered, delay) >= LEAST_USABLE * len(ordered):
        return delay
    return min(delay, int(ordered[-1] - ordered[0]) // SHORTENED)


def _refuse_oversized(config: ModelConfig, sizes: Sizes, ordered: Moments, delay: int) -> None:
    """Refuse numbers of rows and lengths of time that so many rows are too few for; shares were looked at before."""
    usable = count_usable(ordered, delay)
    if not usable:
        return
    taken = sum(count_wanted(size, ordered, usable) for size in (sizes.validation, sizes.holdout))
    if taken >= MOST_JUDGING * usable:
        raise DataError(
            f"{config.model}: `split.validation` and `split.holdout` ask for {round(taken):,} of {usable:,} rows, "
            "which leaves less than a fifth to train on: ask for shares such as 0.15, or for fewer rows"
        )


def read_moments(config: ModelConfig, rows: pa.Table) -> Moments:
    """Return when each row happened: microseconds or, without a clock, its number."""
    return count_moments(rows.column(config.data.order_column))


def read_holdout(plan: SplitBy) -> Plain:
    """Return the size that the YAML asks for; where it names a gain, the one without a plan."""
    return plan.holdout.unplanned if isinstance(plan.holdout, PlannedSize) else plan.holdout


def count_usable(ordered: Moments, delay: int) -> int:
    """Count the rows that the label delay leaves to be divided: those known by the newest moment."""
    return int(np.searchsorted(ordered, ordered[-1] - delay, side="right")) if len(ordered) else 0


def count_wanted(size: Plain, ordered: Moments, usable: int) -> float:
    """Count the newest rows that a size asks for: a share is one of the usable rows."""
    if isinstance(size, timedelta):
        return float(len(ordered) - np.searchsorted(ordered, ordered[-1] - to_length(size), side="right"))
    return size * usable if isinstance(size, float) else float(size)


def refuse_useless(config: ModelConfig, parts: Parts, target: pa.ChunkedArray) -> None:
    """Refuse parts that nothing can be learnt from or judged on.

    Raises:
        DataError: a part has no rows, or the training rows have one class only.
    """
    for name, positions in (("train", parts.train), ("validation", parts.validation), ("holdout", parts.holdout)):
        if not len(positions):
            raise DataError(
                f"{config.model}: the {name} part has no rows after a split by {config.split.method}: "
                "give it more rows, or a shorter label_delay or window"
            )
    if config.task != "regression" and len(_counts(target, parts.train)) < 2:
        raise DataError(
            f"{config.model}: the training rows have one class only in '{config.data.target.column}': "
            "widen split.window, or check `data.target`"
        )


def classes_of(config: ModelConfig, target: pa.ChunkedArray) -> tuple[str, ...]:
    """Return the classes in the order of their codes; none for regression."""
    if config.task == "regression":
        return ()
    if config.task == "multiclass":
        return tuple(sorted(str(value) for value in target.unique().to_pylist() if value is not None))
    return config.data.target.names


def cut_by_time(moments: Moments, sizes: Sizes, *, delay: int = 0) -> Parts:
    """Cut at two moments, never inside one: the newest rows are the holdout, those known when it begins are the rest.

    The label delay lies before the holdout. It lies before validation too, unless it would leave less than
    half of the rows to train on. What it takes before the holdout is taken first; shares are of what is left. Each cut
    is the change of moment that is nearest to the wanted size. No part is empty where two moments are known before a
    third one.
    """
    order = np.argsort(moments, kind="stable")
    ordered, rows = moments[order], len(order)
    changes, known_at, possible = _find_cuts(ordered, delay)
    if not possible.any():
        return Parts(train=np.arange(rows), validation=np.arange(0), holdout=np.arange(0))
    usable = count_usable(ordered, delay)
    judging = count_wanted(sizes.holdout, ordered, usable)
    at = _nearest(changes, round(rows - judging), possible)
    holdout_at, known = int(changes[at]), int(known_at[at])
    choosing = count_wanted(sizes.validation, ordered[:known], usable)
    wanted = known - choosing
    if isinstance(sizes.validation, float):  # rows are not spread evenly over time: as many of these as of all
        wanted = (usable - judging - choosing) * known / max(usable - (rows - holdout_at), 1)
    validation_at = int(changes[_nearest(changes, round(wanted), changes < known)])
    train_to = int(np.searchsorted(ordered, ordered[validation_at] - delay, side="right")) if delay else validation_at
    is_kept = train_to >= LEAST_TAUGHT * validation_at
    train_to = train_to if is_kept else validation_at
    return Parts(
        train=np.sort(order[:train_to]),
        validation=np.sort(order[validation_at:known]),
        holdout=np.sort(order[holdout_at:]),
        embargoed=validation_at - train_to + holdout_at - known,
        knows_validation=not is_kept,
    )


def can_divide(ordered: Moments, delay: int) -> bool:
    """Tell whether rows by time can be cut into three: two moments are known before a later one."""
    return bool(_find_cuts(ordered, delay)[2].any())


def _find_cuts(ordered: Moments, delay: int) -> tuple[Positions, Positions, Bools]:
    """Return where the moment changes, how many rows are known there, and where the holdout may begin."""
    changes = np.flatnonzero(np.diff(ordered)) + 1
    known_at = np.minimum(np.searchsorted(ordered, ordered[changes] - delay, side="right"), changes)
    return changes, known_at, known_at > (changes[0] if len(changes) else 0)


def cut_by_key(keys: Keys, sizes: Sizes, *, salt: str = "") -> Parts:
    """Place each key by its hash alone, so that it is in the same part in every run, whatever else is there.

    Shares are approximate. Changing one share moves keys between train and a judging part only. A number of rows is a
    smaller share of more rows: as rows come, keys leave the judging parts for train, and none goes the other way.
    """
    validation, holdout = (_to_share(size, len(keys)) for size in (sizes.validation, sizes.holdout))
    unique, inverse = np.unique(keys.astype(str), return_inverse=True)
    places = np.array([place_of(key, salt) for key in unique], dtype=float)[inverse]
    in_holdout = places < holdout
    in_validation = ~in_holdout & (places >= 1 - validation)
    return Parts(
        train=np.flatnonzero(~in_holdout & ~in_validation),
        validation=np.flatnonzero(in_validation),
        holdout=np.flatnonzero(in_holdout),
    )


def _to_share(size: Plain, rows: int) -> float:
    assert not isinstance(size, timedelta), "refused with the YAML"
    return size / max(rows, 1) if isinstance(size, int) else size


def place_of(key: str, salt: str = "") -> float:
    """Return a key's place between 0 and 1, the same on every machine and in every version."""
    digest = blake2b(f"{salt}\0{key}".encode("utf-8", "surrogatepass"), digest_size=HASH_BITS // 8).digest()
    return int.from_bytes(digest, "big") / float(1 << HASH_BITS)


def keys_of_groups(groups: Keys, rows: Moments) -> Keys:
    """Return one key a row: its group, or a key of its own where it has none."""
    return np.array(
        [f"row\0{row}" if _is_missing(group) else str(group) for group, row in zip(groups, rows, strict=True)],
        dtype=object,
    )


def keep_groups_apart(parts: Parts, keys: Keys) -> Parts:
    """Let no group stand on two sides: its rows stay in the last part that has it and leave the earlier ones.

    The holdout stays whole, because it is what decides; the rows that leave are counted with the embargoed ones.
    """
    codes = np.unique(keys.astype(str), return_inverse=True)[1]  # numbers compare a hundred times faster than texts
    validation = parts.validation[~np.isin(codes[parts.validation], codes[parts.holdout])]
    later = np.concatenate([codes[validation], codes[parts.holdout]])
    train = parts.train[~np.isin(codes[parts.train], later)]
    left = len(parts.train) + len(parts.validation) - len(train) - len(validation)
    return replace(parts, train=train, validation=validation, embargoed=parts.embargoed + left)


def keep_newest(parts: Parts, moments: Moments, window: int) -> Parts:
    """Train on the newest rows only: those within the window before the newest training row."""
    if not len(parts.train):
        return parts
    trained = moments[parts.train]
    return replace(parts, train=parts.train[trained > trained.max() - window])


def count_positives(task: str, target: pa.ChunkedArray) -> int | None:
    """Count the rows of the positive class, or of the rarest of several; None for regression."""
    if task == "regression":
        return None
    if task == "binary":
        return int(np.count_nonzero(target.to_numpy() == 1))
    # Of several classes the rarest limits what a part can show.
    return int(_counts(target, np.arange(len(target))).min())


def _keys(group: str | None, rows: pa.Table) -> Keys:
    """Return what decides where a row goes: its group, or the row itself."""
    numbers: Moments = rows.column(ROW).to_numpy()
    if group is None:
        return numbers.astype(object)
    return keys_of_groups(rows.column(group).to_numpy(zero_copy_only=False), numbers)


def _counts(target: pa.ChunkedArray, positions: Positions) -> pd.Series:
    values: pd.Series = target.take(pa.array(positions)).to_pandas()
    return values.value_counts()


def _nearest(changes: Positions, wanted: int, possible: Bools) -> int:
    """Return which of the possible changes of moment is nearest to a wanted position, the earlier of two."""
    return int(np.where(possible, np.abs(changes - wanted), np.iinfo(np.int64).max).argmin())


def _is_missing(group: object) -> bool:
    return group is None or group != group
