import pytest

from builders.weeks import make_appraisal, make_figure, make_monitored, make_shift, week
from ratchet.alerts.deliveries import read_deliveries
from ratchet.alerts.raising import raise_alerts
from ratchet.alerts.signals import judge
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel
from ratchet.records.production import Overdue

GREEN, UNKNOWN, YELLOW, RED = AlertLevel
PLAN = AlertPlan()


@pytest.mark.parametrize(
    ("rows", "levels"),
    [([5, 0, 0, 5], [GREEN, UNKNOWN, RED, GREEN]), ([0], [UNKNOWN]), ([0, 5, 0], [UNKNOWN, GREEN, UNKNOWN])],
)
def test_windows_in_a_row_without_rows_are_red(rows, levels):
    reports = []
    for number, count in enumerate(rows, start=10):
        seen = make_monitored(number, rows=count)
        reports.append(raise_alerts(PLAN, seen, make_shift(number=number), make_appraisal(), reports, now=week(1).end))
    found = [next(each for each in report.alerts if each.signal.name == "data.rows") for report in reports]
    assert [each.level for each in found] == levels


@pytest.mark.parametrize(
    ("share", "rows", "level"),
    [
        (0.0, 1000, GREEN),
        (0.19, 1000, GREEN),
        (0.3, 1000, YELLOW),
        (0.3, 7, GREEN),  # three of ten
        (0.6, 1000, RED),
        (1.0, 0, RED),
        (None, 0, UNKNOWN),
    ],
)
def test_labels_that_do_not_come_are_raised(share, rows, level):
    performance = make_appraisal(make_figure(open_share=share, rows=rows))
    found = list(read_deliveries(PLAN, make_monitored(), performance, []))[1]
    assert judge(found, found.p_value, 0.01).level is level


@pytest.mark.parametrize(
    ("share", "rows", "level"), [(1.0, 300, RED), (0.6, 1000, RED), (0.4, 1000, YELLOW), (0.1, 1000, GREEN)]
)
def test_labels_that_stopped_are_raised_though_all_matured_rows_have_one(share, rows, level):
    performance = make_appraisal(make_figure(open_share=0.0), overdue=Overdue(rows=rows, open_share=share))
    found = list(read_deliveries(PLAN, make_monitored(), performance, []))[1]
    assert judge(found, found.p_value, 0.01).level is level
    assert "labels have stopped coming" in found.text


def test_without_a_figure_labels_are_unknown():
    from dataclasses import replace

    found = list(read_deliveries(PLAN, make_monitored(), replace(make_appraisal(), figures=()), []))[1]
    assert found.value is None
    assert found.text == "how many labels are missing is not known: no row is old enough"
