"""What is kept of a window's rows: counts in bins that the reference fixed, so that drift never reads rows again."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.columns import ColumnKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnBins:
    """Where the values of one column are counted; chosen once, from the reference's rows.

    Attributes:
        name: the column.
        kind: what its values are.
        edges: of a number: cell i holds the finite values x with edges[i - 1] < x <= edges[i]. The first cell is
            below anything in the reference, the last one above. A value that many rows share has a cell to itself.
        cells: of a category: the ones that each cell counts.
        once: of a category: how many of each cell's rows in the reference have a category that no other row has.
        rows: of a category: the reference's rows with one.
        starts: the cell at which each bin of the population stability index starts; the first is 0.
        problem: why the column can't be counted; None when it can.
    """

    name: str
    kind: ColumnKind
    edges: tuple[float, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    once: tuple[int, ...] = ()
    rows: int = 0
    starts: tuple[int, ...] = (0,)
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The bins of all columns.

    Attributes:
        digest: of the bins; a profile carries it, and profiles of another reference are refused.
        time_column: the column that says when a row happened; None when there is none.
        columns: the bins of each column.
    """

    digest: str
    time_column: str | None
    columns: tuple[ColumnBins, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The moments of a column's finite values.

    Attributes:
        count: how many.
        mean: their mean; None without a value, or where they are too large to be added up.
        squares: the sum of their squared distances from the mean; None like the mean.
    """

    count: int = 0
    mean: float | None = None
    squares: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCount:
    """A category and its rows.

    Attributes:
        name: the category, cut to 200 characters.
        rows: how many have it.
    """

    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCounts:
    """One column of some rows.

    Attributes:
        name: the column.
        cells: rows in each cell of its bins.
        nulls: rows without a value, NaN included.
        minus_infinite: rows with minus infinity.
        plus_infinite: rows with plus infinity.
        unknown: rows with a category that the reference does not know.
        new_categories: some of these categories, in an order that means nothing (that of a hash), so that profiles
            can be merged in any order: all of them while there are at most 100.
        moments: of the finite values.
        lowest: lowest finite value; None without one.
        highest: highest finite value; None without one.
        below: sum of the values below anything in the reference; None when it is too large for a number.
        above: sum of the values above anything in the reference; None when it is too large for a number.
        problem: why the column was not counted; None when it was.
    """

    name: str
    cells: tuple[int, ...] = ()
    nulls: int = 0
    minus_infinite: int = 0
    plus_infinite: int = 0
    unknown: int = 0
    new_categories: tuple[NamedCount, ...] = ()
    moments: Moments = Moments()
    lowest: float | None = None
    highest: float | None = None
    below: float | None = 0.0
    above: float | None = 0.0
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Some rows, counted.

    Attributes:
        reference: digest of the reference whose bins were used.
        rows: how many.
        start: when the first row happened; None when unknown.
        end: when the last row happened; None when unknown.
        columns: in the order of the reference.
    """

    reference: str
    rows: int
    start: datetime | None
    end: datetime | None
    columns: tuple[ColumnCounts, ...]
