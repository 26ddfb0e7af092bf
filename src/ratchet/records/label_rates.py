"""How the label is spread over the parts of a split and over time, and where that changes at once."""

from dataclasses import dataclass

from ratchet.timeline import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The label on some rows.

    Attributes:
        name: "train", "validation" or "holdout" for a part; empty for a block of the ordered rows.
        rows: how many.
        shares: share of the rows for each of `LabelRates.names`.
        begin: first moment; None where the order of the rows means nothing.
        end: last moment.
        mean: of a number; None for classes.
        quantiles: 10 %, 50 % and 90 % of a number; empty for classes.
    """

    name: str
    rows: int
    shares: tuple[float, ...]
    begin: Moment | None = None
    end: Moment | None = None
    mean: float | None = None
    quantiles: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelShift:
    """A place in time where the share of one label changed, beyond anything that the rows show elsewhere.

    Attributes:
        label: which of `LabelRates.names`.
        is_sudden: whether it changed at once and stayed; else it fades over the newest rows.
        at: the first moment of the rows since.
        rows_before: how many rows are older.
        rows_after: how many are not.
        learnt: share of the training rows that are not older.
        before: share of the label just before.
        after: share since; where it fades, of the newest rows.
        expected: share since that the inputs let expect by what they meant before; None where that was not measured.
    """

    label: str
    is_sudden: bool
    at: Moment
    rows_before: int
    rows_after: int
    learnt: float
    before: float
    after: float
    expected: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartGap:
    """The label whose share differs most between the training rows and a judging part, by its effect size.

    Attributes:
        part: "validation" or "holdout".
        label: which of `LabelRates.names`.
        train: its share of the training rows.
        other: its share of that part.
        effect: how far apart these are, as Cohen's h.
        standard_error: of that, rows of one group taken together.
        is_known: whether some time among the older rows had such a share.
    """

    part: str
    label: str
    train: float
    other: float
    effect: float
    standard_error: float
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRates:
    """The base rate by part and over time.

    Attributes:
        names: what is counted: the positive class, each frequent class, or "at most 12.5" of a number.
        parts: train, validation and holdout.
        blocks: the rows of all parts in order, in blocks of equally many; empty where their order means nothing.
        shifts: where a share changed, one a label.
        gaps: of each judging part, the label that differs most from training.
        change: the moment since which the champion is known to have lost; None where it has not.
        problem: why changes could not be looked for; None when they were.
    """

    names: tuple[str, ...]
    parts: tuple[Rates, ...]
    blocks: tuple[Rates, ...] = ()
    shifts: tuple[LabelShift, ...] = ()
    gaps: tuple[PartGap, ...] = ()
    change: Moment | None = None
    problem: str | None = None
