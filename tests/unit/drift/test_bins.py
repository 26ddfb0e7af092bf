import numpy as np
import pytest

from ratchet.drift.bins import label_number
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import ColumnBins


def just_below(value):
    return float(np.nextafter(value, -np.inf))


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        (0, 1, "below 0, the reference's lowest"),
        (1, 2, "exactly 0"),
        (1, 3, "0 to below 3"),
        (2, 4, "above 0 to 3"),
        (3, 4, "exactly 3"),
        (3, 5, "3 to 7"),
        (4, 5, "above 3 to 7"),
        (5, 6, "above 7, the reference's highest"),
    ],
)
def test_a_bin_says_whether_its_ends_belong_to_it(start, end, label):
    edges = (just_below(0.0), 0.0, just_below(3.0), 3.0, 7.0)
    bins = ColumnBins(name="amount", kind=ColumnKind.NUMERIC, edges=edges)
    assert label_number(bins, start, end) == label


def test_the_lowest_value_belongs_to_the_first_bin():
    bins = ColumnBins(name="amount", kind=ColumnKind.NUMERIC, edges=(just_below(1.5), 4.0))
    assert label_number(bins, 1, 2) == "1.5 to 4"
