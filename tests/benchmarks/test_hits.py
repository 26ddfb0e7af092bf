import pytest
from benchmarks.streams.hits import count_hits, find_outbreaks


def marks(text: str) -> list[bool]:
    return [each == "x" for each in text]


@pytest.mark.parametrize(
    ("degraded", "alerts", "right", "found", "lead"),
    [
        ("...xx...", "...x....", 1, 1, 2.0),
        ("...xx...", ".....x..", 1, 2, 0.0),
        ("...xx...", "......x.", 1, 1, -1.0),
        ("...xx...", "x.......", 0, 0, None),
        ("........", "x......x", 0, 0, None),
        ("xx...xx.", "x.......", 1, 1, 2.0),
    ],
)
def test_an_alert_is_right_from_the_degraded_window_until_its_labels_came(degraded, alerts, right, found, lead):
    hits = count_hits(marks(degraded), marks(alerts), delay=2)
    assert (hits.right, hits.found, hits.lead) == (right, found, lead)


def test_shares_are_of_alerts_of_degraded_windows_and_of_a_rule_that_always_alarms():
    hits = count_hits(marks("xx......"), marks("x......x"), delay=1)
    assert (hits.precision, hits.recall, hits.chance) == (0.5, 0.5, 3 / 8)


def test_without_alerts_or_degradation_there_are_no_shares():
    hits = count_hits(marks("...."), marks("...."), delay=2)
    assert (hits.precision, hits.recall, hits.outbreaks) == (None, None, 0)


def test_degraded_windows_in_a_row_are_one_outbreak():
    assert list(find_outbreaks(marks("x..xx.x"))) == [(0, 0), (3, 4), (6, 6)]
