"""Stable windows, all of them drawn at random: how often is anything red?"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import false_discovery_control

from builders.weeks import make_appraisal, make_column, make_figure, make_monitored, make_shift, week
from ratchet.alerts.raising import raise_alerts
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, AlertReport
from ratchet.records.drift import ColumnDrift
from ratchet.records.production import CalibrationShift, ConceptShift, Figure

RED = AlertLevel.RED
ERROR = 0.03  # 5 % less is what one stable window in twenty shows
SEGMENTS, COLUMNS, WINDOWS = 5, 6, 300
METRICS = ("roc_auc", "accuracy")


def draw_figures(chance: np.random.Generator, number: int) -> Iterator[Figure]:
    for segment in (None, *(f"part = {at}" for at in range(SEGMENTS))):
        for metric in METRICS:
            error = ERROR if segment is None else 2 * ERROR
            for window in (week(number), week(number, 4)):
                loss = float(chance.normal(0, error))
                yield make_figure(loss, error, number, metric=metric, segment=segment, window=window)


def draw_columns(chance: np.random.Generator) -> list[ColumnDrift]:
    """Columns without drift; the one in five that differ most do so as much as an alarm needs."""
    p_values = chance.random(COLUMNS)
    adjusted = false_discovery_control(p_values)
    names = [*(f"x{at}" for at in range(COLUMNS - 1)), "prediction"]
    return [
        make_column(name, 0.3 if p_value <= 0.2 else 0.0, float(corrected))
        for name, p_value, corrected in zip(names, p_values, adjusted, strict=True)
    ]


def draw_watches(plan: AlertPlan, seed: int, windows: int = WINDOWS) -> list[AlertReport]:
    chance = np.random.default_rng(seed)
    reports: list[AlertReport] = []
    for number in range(windows):
        figures = tuple(draw_figures(chance, number))
        tail, gap = float(chance.random()), float(chance.normal(0, 0.06))
        performance = replace(
            make_appraisal(*figures, number=number),
            weekly=tuple(make_figure(float(chance.normal(0, ERROR)), ERROR, at) for at in range(number - 6, number)),
            concept=ConceptShift(rows=900, concept_part=0.1, p_value=tail, shifted=tail <= 0.05),
            calibration=CalibrationShift(
                rows=900, predicted=0.2, observed=0.2 + gap, gap=gap, gap_lower=gap - 0.1, gap_upper=gap + 0.1
            ),
        )
        shift = make_shift(*draw_columns(chance))
        reports.append(raise_alerts(plan, make_monitored(number), shift, performance, reports[-5:], now=week(1).end))
    return reports


def test_at_most_one_stable_window_in_a_hundred_is_red():
    reds = [report.level is RED for report in draw_watches(AlertPlan(), 1)]
    assert sum(reds) <= WINDOWS / 100


def test_the_same_windows_without_correction_cry_wolf():
    naive = AlertPlan(significance=0.49, composites=())
    assert sum(report.level is RED for report in draw_watches(naive, 1, 50)) > 5
