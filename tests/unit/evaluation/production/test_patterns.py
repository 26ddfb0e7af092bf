"""Where errors gather."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from builders.matured import make_judged
from ratchet.evaluation.production.patterns import SHOWN, find_patterns

CHANCE = np.random.default_rng(4)
ROWS = 3000
AGE = CHANCE.normal(50, 10, ROWS)
CITY = CHANCE.choice(["Oslo", "Bern", "Rome"], ROWS)
FRAME = pd.DataFrame({"age": AGE, "city": CITY, "member": CHANCE.uniform(size=ROWS) < 0.5})
KINDS = {"age": "numeric", "city": "categorical", "member": "boolean"}


def find(wrong: np.ndarray, frame: pd.DataFrame = FRAME) -> tuple:
    """Rows whose decision is wrong where it says so."""
    labels = (np.arange(len(wrong)) % 2).astype(float)
    return find_patterns(make_judged(labels, labels, decisions=np.where(wrong, 1 - labels, labels)), frame, KINDS)


def test_errors_in_a_category_are_found():
    first, *others = find(CHANCE.uniform(size=ROWS) < np.where(CITY == "Rome", 0.3, 0.1))
    assert (first.feature, first.where) == ("city", "is Rome")
    assert first.error_rate == pytest.approx(0.3, abs=0.04)
    assert first.elsewhere == pytest.approx(0.1, abs=0.03)
    assert first.share_of_errors == pytest.approx(0.6, abs=0.06)
    assert not others


def test_errors_at_an_end_of_a_range_are_found():
    first, *_ = find(CHANCE.uniform(size=ROWS) < np.where(AGE > 65, 0.5, 0.1))
    assert first.feature == "age"
    assert first.where.endswith("and above")


def test_errors_in_rows_without_a_value_are_found():
    is_missing = np.arange(ROWS) % 10 == 0
    frame = FRAME.assign(age=FRAME["age"].mask(is_missing))
    assert [each.where for each in find(CHANCE.uniform(size=ROWS) < np.where(is_missing, 0.5, 0.1), frame)] == [
        "missing"
    ]


def test_errors_that_lie_anywhere_make_no_pattern():
    found = [find(np.random.default_rng(seed).uniform(size=ROWS) < 0.2) for seed in range(60)]
    assert sum(map(bool, found)) <= 3


def test_ranges_with_fewer_errors_are_none():
    assert find(CHANCE.uniform(size=ROWS) < np.where(CITY == "Rome", 0.0, 0.2)) == () or all(
        each.where != "is Rome" for each in find(CHANCE.uniform(size=ROWS) < np.where(CITY == "Rome", 0.0, 0.2))
    )


def test_p_values_are_corrected_as_holm_does():
    """Four ranges are looked at: the second smallest p-value, Welch's of 150 errors beside 100, counts three times."""
    cells = [("Rome", True, 100), ("Rome", False, 75), ("Oslo", True, 50), ("Oslo", False, 25)]
    city, member = (np.repeat([cell[place] for cell in cells], 250) for place in (0, 1))
    wrong = np.concatenate([np.arange(250) < errors for *_, errors in cells])
    first, second = find(wrong, pd.DataFrame({"city": city, "member": member}))
    assert (first.feature, second.feature) == ("city", "member")
    p_value = norm.sf((150 - 100) / 500 / np.sqrt((0.3 * 0.7 + 0.2 * 0.8) / 500))
    assert second.p_value == pytest.approx(3 * p_value)


def test_no_more_are_shown_than_anybody_reads():
    wide = pd.DataFrame({f"x{place}": AGE for place in range(20)})
    labels = np.zeros(ROWS)
    judged = make_judged(labels, labels, decisions=(AGE > 60).astype(float))
    assert len(find_patterns(judged, wide, dict.fromkeys(wide.columns, "numeric"))) == SHOWN


@pytest.mark.parametrize(
    ("wrong", "frame"),
    [
        (np.zeros(ROWS, bool), FRAME),
        (np.ones(60, bool), FRAME[:60]),
        (CHANCE.uniform(size=ROWS) < 0.2, FRAME.assign(age=np.nan, city=None, member=None)),
        (CHANCE.uniform(size=ROWS) < 0.2, FRAME.assign(age=np.inf, city="Oslo", member=True)),
        (CHANCE.uniform(size=ROWS) < 0.2, FRAME[[]]),
    ],
)
def test_rows_that_can_show_nothing_show_nothing(wrong, frame):
    assert find(wrong, frame) == ()
