"""From scores to decisions: the thresholds that a model is used with, and what its decisions cost."""

from dataclasses import dataclass

from ratchet.records.calibration import Bounded


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """What one model's decisions cost.

    Attributes:
        model: "challenger", "champion" or "baseline".
        per_1000: cost of 1,000 decisions, in the unit of the YAML's costs.
        positive_share: share of rows decided positive.
    """

    model: str
    per_1000: Bounded
    positive_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCost:
    """The same on the rows of one segment.

    Attributes:
        segment: the value of the segment column, "other" for all without a threshold of their own.
        rows: how many.
        threshold: the challenger's.
        challenger: cost of 1,000 decisions by the challenger.
        champion: by the champion; None when there is none.
        saving: champion minus challenger, positive is better; None without a champion or with too few rows.
    """

    segment: str
    rows: int
    threshold: float
    challenger: float
    champion: float | None
    saving: Bounded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """Cost of 1,000 decisions at the models' thresholds.

    Attributes:
        problem: why nothing could be measured; None when it was.
        rows: rows it was measured on.
        positives: rows of the rarer class among them.
        confidence: of each bound.
        models: challenger, champion where there is one, and the cheapest constant decision as baseline.
        saving: champion minus challenger for 1,000 decisions, positive is better; None without a champion.
        segments: by segment of the challenger's thresholds, the largest first.
        thresholds: the challenger's.
        champion_thresholds: the champion's; None when there is none.
    """

    problem: str | None = None
    rows: int = 0
    positives: int = 0
    confidence: float = 0.99
    models: tuple[ModelCost, ...] = ()
    saving: Bounded | None = None
    segments: tuple[SegmentCost, ...] = ()
    thresholds: Thresholds | None = None
    champion_thresholds: Thresholds | None = None

    def of(self, model: str) -> ModelCost | None:
        """Return one model's cost; None when it was not measured."""
        return next((each for each in self.models if each.model == model), None)
