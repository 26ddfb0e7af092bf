"""Columns that tell train from holdout: row numbers, and anything at all where a split has nothing to do with time."""

import numpy as np
from xgboost import DMatrix, train

from ratchet.evaluation.leakage.material import Floats, Ints, Material, Side, draw
from ratchet.evaluation.leakage.powers import area
from ratchet.records.leakage import Finding, LeakKind, Strength

ROWS = 3_000  # of each side
ROUNDS = 25
FEWEST_GROUPS = 200  # few groups differ by themselves
SURE = 4.0  # standard errors above one half
RISING = 0.999  # of the steps of a row number


def find_row_numbers(material: Material) -> list[Finding]:
    """Find whole numbers that rise, or fall, with every row: they tell a row's place, which never comes again."""
    found = []
    order = np.argsort(np.concatenate([side.rows for side in _sides(material)]), kind="stable")
    for name in material.features:
        if material.is_category(name):
            continue
        values = material.joined(name)[order]
        if not np.isfinite(values).all() or (values != np.floor(values)).any():
            continue
        steps = np.diff(values)
        rising = max(float((steps > 0).mean()), float((steps < 0).mean()))
        if rising >= RISING:
            reason = (
                f"'{name}' is a row number: it {'rises' if steps.mean() > 0 else 'falls'} in {rising:.1%} of the steps "
                f"from row to row, and tells train from holdout; below {RISING:.1%} it would not"
            )
            found.append(_finding((name,), rising, RISING, reason))
    return found


def find_shift(material: Material) -> list[Finding]:
    """Find that rows of train and holdout can be told apart, where the split leaves no honest reason for it."""
    if material.is_by_time:
        return []
    sides = (material.train, material.holdout)
    chosen = [draw(len(side), ROWS, material.seed) for side in sides]
    is_fitted = [_halve(material, side, at) for side, at in zip(sides, chosen, strict=True)]
    truth = np.concatenate([np.zeros(len(chosen[0])), np.ones(len(chosen[1]))])
    fitted = np.concatenate(is_fitted)
    if min(_fewest(truth[fitted]), _fewest(truth[~fitted])) < 100:
        return []
    values = np.column_stack([
        np.concatenate([side.values[name][at] for side, at in zip(sides, chosen, strict=True)])
        for name in material.features
    ])  # fmt: skip
    told = area(_tell_apart(values, truth, fitted, material.seed), truth[~fitted])
    limit = material.config.gates.no_leak.max_shift
    error = 1 / np.sqrt(6 * min(truth[~fitted].sum(), (1 - truth[~fitted]).sum()))
    if told <= limit or told <= 0.5 + SURE * error:
        return []
    alone = {
        name: area(_tell_apart(values[:, [at]], truth, fitted, material.seed), truth[~fitted])
        for at, name in enumerate(material.features)
    }
    name = max(alone, key=lambda each: alone[each])
    reason = (
        f"train and holdout can be told apart with roc_auc {told:.2f} after a split by {material.config.split.method}, "
        f"where at most {limit:g} is chance; '{name}' alone does it with {alone[name]:.2f}"
    )
    return [_finding((name,), told, limit, reason)]


def count_groups(material: Material) -> int | None:
    """Return how many groups the holdout has; None where rows are not divided by group."""
    group = material.config.data.group
    if material.config.split.method != "group" or group is None:
        return None
    return len(np.unique(material.holdout.values[group]))


def _sides(material: Material) -> tuple[Side, Side, Side]:
    return material.train, material.validation, material.holdout


def _halve(material: Material, side: Side, chosen: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows of one group stay on one side, or they would be known again."""
    group = material.config.data.group
    keys = side.values[group][chosen] if group else side.rows[chosen].astype(np.float64)
    return np.asarray(np.nan_to_num(keys).astype(np.int64) * 2654435761 % 1009 < 504)


def _fewest(truth: Floats) -> int:
    return int(min(truth.sum(), len(truth) - truth.sum()))


def _tell_apart(values: Floats, truth: Floats, fitted: np.ndarray[tuple[int], np.dtype[np.bool_]], seed: int) -> Floats:
    settings = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.2, "max_bin": 64, "nthread": 1, "verbosity": 0}
    model = train(
        settings | {"seed": seed % 2**31}, DMatrix(values[fitted], label=truth[fitted]), num_boost_round=ROUNDS
    )
    return np.asarray(model.predict(DMatrix(values[~fitted])), dtype=np.float64)


def _finding(columns: tuple[str, ...], measured: float, limit: float, reason: str) -> Finding:
    return Finding(
        kind=LeakKind.SHIFT,
        columns=columns,
        strength=Strength.SUSPECTED,
        measured=measured,
        limit=limit,
        reason=reason,
    )
