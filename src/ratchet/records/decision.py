"""From scores to decisions: the thresholds that a model is used with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentThreshold:
    """The threshold of the rows whose segment column has one value.

    Attributes:
        value: of the segment column, as text.
        threshold: a row is positive when its score is at least this.
    """

    value: str
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a score counts as positive, chosen on validation and kept with the model.

    Attributes:
        overall: a row is positive when its score is at least this; also for segments without one of their own.
        column: the column that tells segments apart; None when there are none.
        segments: one threshold a segment.
    """

    overall: float
    column: str | None = None
    segments: tuple[SegmentThreshold, ...] = ()
