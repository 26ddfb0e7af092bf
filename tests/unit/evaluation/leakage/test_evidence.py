import numpy as np
import pytest

from builders.leakage import HOURS, make_material, make_table
from ratchet.evaluation.leakage.evidence import FLOOR, Sign, find_late_fillers, lower, read_name

ROWS = 4000
CHANCE = np.random.default_rng(6)
FRAME = make_table(ROWS)
AGE = np.arange(ROWS)[::-1] / ROWS
COUNTS = CHANCE.poisson(5, ROWS).astype(float)
DAYS = {"method": "time", "time": HOURS}


@pytest.mark.parametrize(
    ("weights", "limit"), [([], 0.9), ([3], 0.75), ([1.5, 1.5], 0.8), ([4, 4], FLOOR), ([0.5], 0.9)], ids=str
)
def test_signs_add_up_in_odds_and_never_raise_a_limit(weights, limit):
    assert lower(0.9, [Sign(says="", weight=weight) for weight in weights]) == pytest.approx(limit)


def test_a_limit_that_lets_everything_pass_stays():
    assert lower(1.0, [Sign(says="", weight=4)]) == 1.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("duration", "afterwards"), ("Final_Status", "afterwards"), ("closedAt", "afterwards"), ("dauer", "afterwards"),
        ("fecha desenlace", "afterwards"), ("date.clôture", None), ("clôturé_le", "afterwards"),
        ("total_paid", "perhaps afterwards"), ("lastVisit", "perhaps afterwards"), ("saldo", "perhaps afterwards"),
        ("durable", None), ("platform", None), ("c7", None), ("", None),
    ],
)  # fmt: skip
def test_names_speak_in_six_languages(name, expected):
    assert read_name(name) == expected


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.where(CHANCE.random(ROWS) < np.clip(AGE / 0.1, 0, 1), 1.0, np.nan), "is emptier"),
        (np.where(CHANCE.random(ROWS) < np.clip(AGE / 0.1, 0, 1), COUNTS, 0.0), "is 0 more often"),
        (np.floor(10 * COUNTS * np.clip(AGE / 0.2, 0.05, 1)), "is smaller"),
        (COUNTS * (2 - AGE), None),
        (COUNTS * (1 + AGE), None),
        (COUNTS * (1 + (AGE < 0.5)), None),
        (np.where(AGE > 0.5, np.nan, COUNTS), None),
        (CHANCE.normal(size=ROWS), None),
        (np.full(ROWS, np.nan), None),
    ],
    ids=["empty", "zero", "small", "grows", "shrinks", "a step", "begun late", "noise", "nothing"],
)
def test_what_is_filled_later_is_told_from_what_drifts(values, says):
    assert find_late_fillers(make_material(FRAME.assign(late=values), **DAYS)) == ({"late": says} if says else {})


@pytest.mark.parametrize(("method", "rows"), [("random", ROWS), ("time", 400)])
def test_without_time_or_rows_nothing_is_said_of_the_newest(method, rows):
    frame = FRAME.assign(late=np.where(AGE < 0.1, np.nan, 1.0)).tail(rows).reset_index(drop=True)
    assert find_late_fillers(make_material(frame, method=method, time=HOURS)) == {}
