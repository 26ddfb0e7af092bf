"""Builders of base rates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ratchet.records.label_rates import LabelRates, LabelShift, PartGap, Rates

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
QUARTERS = timedelta(days=90)


def make_rates(name: str = "", share: float = 0.24, quarter: int = 0, rows: int = 6_000) -> Rates:
    """Rows of one quarter of a year."""
    begin = BEGIN + quarter * QUARTERS
    return Rates(name=name, rows=rows, shares=(share,), begin=begin, end=begin + QUARTERS)


def make_label_rates(**changes: object) -> LabelRates:
    """A stable rate over two years."""
    rates = LabelRates(
        names=("yes",),
        parts=(make_rates("train"), make_rates("validation", 0.25, 6), make_rates("holdout", 0.247, 7)),
        blocks=tuple(make_rates(share=0.24 + 0.001 * quarter, quarter=quarter) for quarter in range(8)),
        gaps=(make_gap(effect=0.02), make_gap(effect=0.016)),
    )
    return replace(rates, **changes)  # type: ignore[arg-type]


def make_label_shift(**changes: object) -> LabelShift:
    """A step on the newest fifth of the rows."""
    shift = LabelShift(
        label="yes",
        is_sudden=True,
        at=datetime(2025, 11, 3, tzinfo=UTC),
        rows_before=12_000,
        rows_after=3_000,
        learnt=0.0,
        before=0.36,
        after=0.96,
    )
    return replace(shift, **changes)  # type: ignore[arg-type]


def make_gap(**changes: object) -> PartGap:
    """A holdout that differs from training."""
    gap = PartGap(part="holdout", label="yes", train=0.36, other=0.96, effect=1.45, standard_error=0.02, is_known=False)
    return replace(gap, **changes)  # type: ignore[arg-type]
