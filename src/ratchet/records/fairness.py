"""How a model treats groups of persons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigure:
    """One measure of one group, beside everybody else's.

    Attributes:
        measure: its name, such as "true_positive_rate".
        count: rows of the group that it is a share of, or a mean over.
        others: the same, of everybody else.
        value: the challenger's figure; None where `count` is 0.
        champion: the champion's figure; None without a champion.
        difference: the figure less everybody else's.
        error: standard error of the difference, widened as Student's t asks for so few rows.
        lower: one-sided lower bound of the difference, for this group alone.
        upper: one-sided upper bound of it.
        ratio: the figure over everybody else's; None for a measure that is no rate.
        steady_ratio: the ratio with one hit and one miss more on both sides, which is never zero.
        steady_error: standard error of its logarithm.
        further: how much further from everybody else than with the champion; None without a champion.
        further_error: standard error of that.
        crude: the difference to everybody else, whatever their level of the factors that are given; None without such.
    """

    measure: str
    count: int
    others: int
    value: float | None = None
    champion: float | None = None
    difference: float | None = None
    error: float | None = None
    lower: float | None = None
    upper: float | None = None
    ratio: float | None = None
    steady_ratio: float | None = None
    steady_error: float | None = None
    further: float | None = None
    further_error: float | None = None
    crude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group.

    Attributes:
        name: its value, or both values of two columns.
        rows: holdout rows in it.
        positives: rows of the positive class among them; None for other tasks.
        figures: its figures; none where it is too small to be measured.
    """

    name: str
    rows: int
    positives: int | None
    figures: tuple[GroupFigure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disparity:
    """The largest difference and the smallest ratio between any two groups that are large enough.

    Largest of many, it is biased upwards: the bounds hold for all pairs at once.

    Attributes:
        measure: its name.
        difference: largest less smallest figure.
        difference_lower: lower bound of the true one.
        difference_upper: upper bound of it.
        ratio: smallest over largest figure; None for a measure that is no rate.
        lowest: the group with the smallest figure.
        highest: the group with the largest figure.
    """

    measure: str
    difference: float
    difference_lower: float
    difference_upper: float
    ratio: float | None
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """The groups of one sensitive column, or of two.

    Attributes:
        name: the column's, or both.
        columns: the columns.
        groups: of one column all groups; of two those that are large enough.
        left_out: groups of two columns that are too small.
        disparities: one a measure; none with fewer than two groups that are large enough.
        same_as: the column whose groups these are under other names, and with which they are measured; None else.
        told_by: the column that says the same and more, such as an age beside an age band; None when there is none.
        problem: why nothing could be measured; None when it was.
    """

    name: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    left_out: int = 0
    disparities: tuple[Disparity, ...] = ()
    same_as: str | None = None
    told_by: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Claims about groups that are judged together, and how sure each must be for all of them to hold.

    Attributes:
        criterion: its name in the YAML.
        attribute: the sensitive column, or "pairs" for all pairs of columns.
        claims: how many there are.
        steps: how many standard errors out a bound lies that holds for all claims at once, then for those left when
            the furthest is shown to be beyond its limit, and so on; it ends at the first that is not shown.
    """

    criterion: str
    attribute: str
    claims: int
    steps: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Figures by group of each sensitive column and pair of columns.

    Attributes:
        attributes: each sensitive column, then each pair.
        confidence: of each bound, e.g. 0.99.
        resampling: how rows were drawn: "rows", "blocks" or "groups".
        unit: the mean absolute error on all rows, for a regression; 1 else.
        given: the factors of whose levels "everybody else" has the same.
        families: of the criteria that the YAML asks for.
        problem: why nothing could be measured; None when it was.
    """

    attributes: tuple[Attribute, ...] = ()
    confidence: float | None = None
    resampling: str | None = None
    unit: float = 1.0
    given: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    problem: str | None = None
