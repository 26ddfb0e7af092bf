"""Divide rows into train, validation and holdout: which row goes where, as positions, and nothing else."""

from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ratchet.config.model import ModelConfig
from ratchet.data.clock import count_moments
from ratchet.errors import DataError
from ratchet.records.columns import ROW
from ratchet.timeline import Moment, to_length, to_number

Positions = npt.NDArray[np.int64]
Moments = npt.NDArray[np.int64]  # as `timeline` counts them
Keys = npt.NDArray[np.object_]
HASH_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much of the rows each judging part gets; the rest is for training."""

    validation: float
    holdout: float


# Of the rows since a change. Most of them judge: what is shipped learns them all, and the gates need their rows.
RECENT = Shares(validation=0.15, holdout=0.55)
DELAYED = Shares(validation=0.3, holdout=0.25)  # the validation's of those whose label is known before the holdout
LEAST_RECENT = 0.2  # of them must be left to learn from, or the label delay has swallowed them


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Positions of the rows of each part, in the snapshot's order.

    Attributes:
        train: rows to fit on.
        validation: rows to choose on.
        holdout: rows to judge on.
        embargoed: rows in no part, because they would let one part know of another.
    """

    train: Positions
    validation: Positions
    holdout: Positions
    embargoed: int = 0


def divide_rows(config: ModelConfig, rows: pa.Table, *, since: Moment | None = None) -> Parts:
    """Tell which row goes into which part; of the columns only time, row and group are looked at.

    Args:
        config: the model's YAML.
        rows: the snapshot.
        since: by time, cut the judging parts from the rows after this moment. Where the label delay leaves too few of
            them to learn from, it is kept before the holdout only.
    """
    plan, data = config.split, config.data
    shares = Shares(validation=plan.validation, holdout=plan.holdout)
    moments = read_moments(config, rows)
    newest = 0 if since is None else int((moments > to_number(since)).sum())
    shares = share_newest(shares, newest=newest, rows=len(moments)) if newest else shares
    keys = _keys(data.group, rows)
    if plan.method == "time":
        parts = cut_by_time(moments, shares, delay=to_length(data.label_delay))
        if since is not None and not _has_recent(parts, moments, to_number(since), newest):
            parts = cut_before_holdout(moments, newest, to_number(since), delay=to_length(data.label_delay))
        parts = keep_groups_apart(parts, keys) if data.group else parts
    else:
        # A seed would move a group to another part when it is changed, so it is for random rows only.
        salt = {"group": "", "random": str(config.schedule.seed)}[plan.method]
        parts = cut_by_key(keys, shares, salt=salt)
    # Last, and from the training rows alone: the judging parts are the same whatever the window.
    return keep_newest(parts, moments, to_length(plan.window)) if plan.window else parts


def _has_recent(parts: Parts, moments: Moments, since: int, newest: int) -> bool:
    recent = int((moments[parts.train] > since).sum())
    return len(parts.validation) > 0 and recent >= LEAST_RECENT * newest


def read_moments(config: ModelConfig, rows: pa.Table) -> Moments:
    """Return when each row happened: microseconds or, without a clock, its number."""
    return count_moments(rows.column(config.data.order_column))


def share_newest(shares: Shares, *, newest: int, rows: int) -> Shares:
    """Return the shares of all rows that leave about half of the newest ones to learn from."""
    return Shares(
        validation=min(shares.validation, RECENT.validation * newest / rows),
        holdout=min(shares.holdout, RECENT.holdout * newest / rows),
    )


def refuse_useless(config: ModelConfig, parts: Parts, target: pa.ChunkedArray) -> None:
    """Refuse parts that nothing can be learnt from or judged on.

    Raises:
        DataError: a part has no rows, or the training rows have one class only.
    """
    for name, positions in (("train", parts.train), ("validation", parts.validation), ("holdout", parts.holdout)):
        if not len(positions):
            raise DataError(
                f"{config.model}: the {name} part has no rows after a split by {config.split.method}: "
                f"give it more rows, or less `split.{name if name != 'train' else 'holdout'}`, label_delay or window"
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


def cut_by_time(moments: Moments, shares: Shares, *, delay: int = 0) -> Parts:
    """Cut at two moments, never inside one, and leave out rows whose label was not known at the next part's start.

    Each cut is the change of moment that is nearest to the wanted share of rows. A part is empty where there are
    fewer than three different moments, or where the delay swallows it.
    """
    order = np.argsort(moments, kind="stable")
    sorted_moments = moments[order]
    changes = np.flatnonzero(np.diff(sorted_moments)) + 1
    holdout_at = _nearest(changes, round(len(order) * (1 - shares.holdout)), none=len(order))
    earlier = changes[changes < holdout_at]
    validation_at = _nearest(earlier, round(len(order) * (1 - shares.holdout - shares.validation)), none=holdout_at)
    train, validation, holdout = np.split(order, [validation_at, holdout_at])
    known_train = _known_before(train, validation, moments, delay)
    known_validation = _known_before(validation, holdout, moments, delay)
    return Parts(
        train=np.sort(known_train),
        validation=np.sort(known_validation),
        holdout=np.sort(holdout),
        embargoed=len(train) + len(validation) - len(known_train) - len(known_validation),
    )


def cut_before_holdout(moments: Moments, newest: int, since: int, *, delay: int) -> Parts:
    """Cut the newest rows so that the label delay lies between the holdout and the rest, and nowhere else.

    Args:
        moments: of every row.
        newest: how many rows there are after `since`.
        since: the moment of a change.
        delay: until a label is known.
    """
    order = np.argsort(moments, kind="stable")
    changes = np.flatnonzero(np.diff(moments[order])) + 1
    holdout_at = _nearest(changes, len(order) - round(DELAYED.holdout * newest), none=len(order))
    before, holdout = order[:holdout_at], order[holdout_at:]
    known = _known_before(before, holdout, moments, delay)
    recent = int((moments[known] > since).sum())
    wanted = round(DELAYED.validation * recent)
    earlier = changes[changes <= len(known) - wanted] if wanted else changes[:0]
    validation_at = _nearest(earlier, len(known) - wanted, none=len(known))
    return Parts(
        train=np.sort(known[:validation_at]),
        validation=np.sort(known[validation_at:]),
        holdout=np.sort(holdout),
        embargoed=len(before) - len(known),
    )


def cut_by_key(keys: Keys, shares: Shares, *, salt: str = "") -> Parts:
    """Place each key by its hash alone, so that it is in the same part in every run, whatever else is there.

    Shares are approximate. Changing one share moves keys between train and a judging part only.
    """
    unique, inverse = np.unique(keys.astype(str), return_inverse=True)
    places = np.array([place_of(key, salt) for key in unique], dtype=float)[inverse]
    in_holdout = places < shares.holdout
    in_validation = ~in_holdout & (places >= 1 - shares.validation)
    return Parts(
        train=np.flatnonzero(~in_holdout & ~in_validation),
        validation=np.flatnonzero(in_validation),
        holdout=np.flatnonzero(in_holdout),
    )


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


def _nearest(candidates: Positions, wanted: int, *, none: int) -> int:
    return int(candidates[np.abs(candidates - wanted).argmin()]) if len(candidates) else none


def _known_before(part: Positions, following: Positions, moments: Moments, delay: int) -> Positions:
    if not len(following):
        return part
    known: Positions = part[moments[part] + delay <= moments[following].min()]
    return known


def _is_missing(group: object) -> bool:
    return group is None or group != group
