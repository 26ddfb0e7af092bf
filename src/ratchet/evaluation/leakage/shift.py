"""Columns that tell train from holdout: row numbers, and anything at all where a split has nothing to do with time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xgboost import DMatrix, train

from ratchet.evaluation.leakage.material import Bools, Column, Floats, Ints, Material, Side, draw
from ratchet.evaluation.leakage.questions import area
from ratchet.gates.no_leak import LeakGate
from ratchet.records.leakage import Finding, LeakKind, Strength

ROWS = 3_000  # of each side
ROUNDS = 25
FEWEST_ROWS = 100  # of each side, to learn on and to judge
FEWEST_GROUPS = 200  # few groups differ by themselves
SURE = 4.0  # standard errors above one half
RISING = 0.999  # of the steps of a row number


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """Rows of train and holdout: whether those that were not fitted can be told apart by what was learnt on the others.

    Attributes:
        values: of the features, a column each.
        truth: 1 for rows of the holdout.
        fitted: the rows to learn on.
        seed: of the model.
    """

    values: Floats
    truth: Floats
    fitted: Bools
    seed: int

    @property
    def judged_truth(self) -> Floats:
        return self.truth[~self.fitted]

    @property
    def fewest(self) -> int:
        """How many rows of a side there are at least, to learn on and to judge."""
        return min(_fewest(self.truth[self.fitted]), _fewest(self.judged_truth))

    @property
    def error(self) -> float:
        """The standard error of the area, where nothing can be told apart."""
        return float(1 / np.sqrt(6 * _fewest(self.judged_truth)))

    def tell_apart(self, columns: slice | list[int]) -> float:
        """Return the area under the ROC curve of holdout against train, by some columns."""
        scores = _tell_apart(self.values[:, columns], self.truth, self.fitted, self.seed)
        return area(scores, self.judged_truth)


def find_row_numbers(material: Material) -> list[Finding]:
    """Find whole numbers that rise, or fall, with every row: they tell a row's place, which never comes again."""
    order = np.argsort(np.concatenate([side.rows for side in _sides(material)]), kind="stable")
    rises = {name: _measure_rise(material.joined(name)[order]) for name in material.numbers}
    return [_report_row_number(name, rise) for name, rise in rises.items() if abs(rise) >= RISING]


def _measure_rise(values: Floats) -> float:
    """Return the share of rising steps, or less the share of falling ones; 0 where values aren't whole numbers."""
    if len(values) < 2 or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return 0.0
    steps = np.diff(values)
    return float(max((steps > 0).mean(), -(steps < 0).mean(), key=abs))


def _report_row_number(name: str, rise: float) -> Finding:
    reason = (
        f"'{name}' is a row number: it {'rises' if rise > 0 else 'falls'} in {abs(rise):.1%} of the steps "
        f"from row to row, and tells train from holdout; below {RISING:.1%} it would not"
    )
    return _finding((name,), abs(rise), RISING, reason)


def find_shift(material: Material) -> list[Finding]:
    """Find that rows of train and holdout can be told apart, where the split leaves no honest reason for it."""
    if material.is_by_time:
        return []
    trial = _prepare(material)
    if trial.fewest < FEWEST_ROWS:
        return []
    told, limit = trial.tell_apart(slice(None)), material.config.gates.of(LeakGate).max_shift
    if told <= max(limit, 0.5 + SURE * trial.error):
        return []
    alone = {name: trial.tell_apart([at]) for at, name in enumerate(material.features)}
    name = max(alone, key=lambda each: alone[each])
    reason = (
        f"train and holdout can be told apart with roc_auc {told:.2f} after a split by {material.config.split.method}, "
        f"where at most {limit:g} is chance; '{name}' alone does it with {alone[name]:.2f}"
    )
    return [_finding((name,), told, limit, reason)]


def _prepare(material: Material) -> _Trial:
    drawn = [(side, draw(len(side), ROWS, material.seed)) for side in (material.train, material.holdout)]
    return _Trial(
        values=np.column_stack([_take(drawn, name) for name in material.features]).astype(np.float64),
        truth=np.repeat([0.0, 1.0], [len(at) for _, at in drawn]),
        fitted=np.concatenate([_halve(material, side, at) for side, at in drawn]),
        seed=material.seed,
    )


def _take(drawn: Sequence[tuple[Side, Ints]], name: str) -> Column:
    return np.concatenate([side.values[name][at] for side, at in drawn])


def count_groups(material: Material) -> int | None:
    """Return how many groups the holdout has; None where rows are not divided by group."""
    group = material.config.data.group
    if material.config.split.method != "group" or group is None:
        return None
    return len(np.unique(material.holdout.values[group]))


def _sides(material: Material) -> tuple[Side, Side, Side]:
    return material.train, material.validation, material.holdout


def _halve(material: Material, side: Side, chosen: Ints) -> Bools:
    """Rows of one group stay on one side, or they would be known again."""
    group = material.config.data.group
    keys = side.values[group][chosen] if group else side.rows[chosen].astype(np.float64)
    return np.asarray(np.nan_to_num(keys).astype(np.int64) * 2654435761 % 1009 < 504)


def _fewest(truth: Floats) -> int:
    return int(min(truth.sum(), len(truth) - truth.sum()))


def _tell_apart(values: Floats, truth: Floats, fitted: Bools, seed: int) -> Floats:
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
