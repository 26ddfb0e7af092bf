"""How well production goes, as far as labels are known."""

from dataclasses import dataclass

from ratchet.timeline import Moment, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric of one window, for everybody or for one segment.

    Attributes:
        metric: its name.
        segment: which part of the rows, such as "plan = basic"; None for all.
        window: the event times whose rows count; it ends when labels matured, not at the as-of.
        rows: matured rows with a label.
        open_share: share of the matured rows whose label is still open.
        value: the metric, with open labels made up for by those like them; None when it can't be told.
        lower: one-sided lower bound, 95 %.
        upper: one-sided upper bound, 95 %.
        baseline: the same metric of matured rows before the long window, without red windows; where these are few, of
            those before the window, else (for everybody) of the champion's holdout; None when there is none.
        loss: by how much worse than the baseline, as a share of the baseline's own figure: 0.05 is 5 % worse, below 0
            is better; 0.784 of a roc_auc of 0.80 is 2 % worse. None without a value or a baseline.
        loss_lower: one-sided lower bound of the loss, 95 %: above 0 it is shown to be worse.
        problem: why there is no value; None when there is one.
    """

    metric: str
    segment: str | None
    window: Window
    rows: int
    open_share: float | None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    baseline: float | None = None
    loss: float | None = None
    loss_lower: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The percentiles over time of a metric, day by day or block by block; by windows where days have few rows.

    Attributes:
        metric: its name.
        periods: how many periods had enough rows.
        p25: a quarter of the periods is below.
        p50: the median.
        p75: a quarter is above.
    """

    metric: str
    periods: int
    p25: float
    p50: float
    p75: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPattern:
    """A range of a feature in which errors gather.

    Attributes:
        feature: the column.
        where: the range or category, in words.
        rows: matured rows there; of the window or, where that has fewer than 1,000 labels, of the long one.
        error_rate: the share of wrong decisions there (mean absolute error for regression).
        elsewhere: the same of all other matured rows.
        share_of_errors: of all errors, the share that lies there.
        p_value: adjusted for how many ranges were looked at.
    """

    feature: str
    where: str
    rows: int
    error_rate: float
    elsewhere: float
    share_of_errors: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptShift:
    """Whether the same inputs have other outcomes than before.

    Attributes:
        rows: matured rows of the window, at most 10,000; of the long one where it has fewer than 200.
        data_part: change of the error that other inputs explain; Brier's score, or the mean absolute error of values.
        concept_part: change of the error that remains once inputs are made alike.
        p_value: of the second.
        shifted: whether it is shown.
        problem: why nothing can be told; None when it can.
    """

    rows: int
    data_part: float | None = None
    concept_part: float | None = None
    p_value: float | None = None
    shifted: bool | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the metric may be before labels come, from the model's own confidence; it never decides alone.

    Attributes:
        metric: its name.
        value: the estimate for the window; None when it can't be told.
        confirmed: whether earlier estimates agreed with what matured labels showed; None when none could be checked.
        checked: how many earlier windows were compared.
        error: mean distance of these estimates from the realised figures.
        problem: why there is no estimate; None when there is one.
    """

    metric: str
    value: float | None = None
    confirmed: bool | None = None
    checked: int = 0
    error: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationShift:
    """What was predicted against what came.

    Attributes:
        rows: matured rows of the window.
        predicted: mean prediction; of more than two classes, mean probability of the most probable one.
        observed: mean outcome, with open labels made up for; of more than two classes, how often that one came.
        gap: observed less predicted.
        gap_lower: one-sided lower bound, 95 %.
        gap_upper: one-sided upper bound, 95 %.
        gap_then: the same gap in the baseline; None when there is none.
        problem: why nothing can be told; None when it can.
    """

    rows: int
    predicted: float | None = None
    observed: float | None = None
    gap: float | None = None
    gap_lower: float | None = None
    gap_upper: float | None = None
    gap_then: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """What is missing since labels stopped coming.

    Attributes:
        rows: of a window as long as the window, whose labels would be there by now.
        open_share: the share of them without one.
    """

    rows: int
    open_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionPerformance:
    """How well production goes, as known at one time.

    Attributes:
        as_of: what was known.
        matured_until: event times before this have matured: enough of their labels can be there. None when that can't
            be told: every figure says why.
        maturity: share of labels that has come by that age.
        figures: primary metric and guards, everybody first, then segments, each for the window and the long window
            that ended when labels matured.
        weekly: the primary metric of each earlier window as long as this one, oldest first, baseline left out.
        spread: percentiles over time.
        calibration: predicted against observed.
        patterns: where errors gather, most of them first.
        concept: whether the same inputs have other outcomes.
        estimates: until labels come.
        holdout: the primary metric where the champion was judged; None when not known. A baseline follows production,
            down as well as up: beside this it shows what has been lost so slowly that it is a part of the baseline.
        overdue: what is missing where labels stopped coming; None while they come. Figures are older then: they end
            with rows that had matured by the last label.
        warnings: one sentence for each remark.
    """

    as_of: Moment
    matured_until: Moment | None
    maturity: float | None
    figures: tuple[Figure, ...]
    weekly: tuple[Figure, ...]
    spread: tuple[Spread, ...]
    calibration: CalibrationShift
    patterns: tuple[ErrorPattern, ...]
    concept: ConceptShift
    estimates: tuple[Estimate, ...]
    holdout: float | None = None
    overdue: Overdue | None = None
    warnings: tuple[str, ...] = ()
