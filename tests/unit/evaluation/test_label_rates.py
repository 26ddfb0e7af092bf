"""Base rates by part and over time."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from benchmarks.label_shift import divide, draw_clean, measure

from ratchet.evaluation.label_rates import LabelledRows, measure_label_rates
from ratchet.timeline import to_number

CHANCE = np.random.default_rng(5)


def unasked(*_: object) -> float | None:
    raise AssertionError("nothing changed")


def test_a_binary_target_has_the_rate_of_its_positive_class_by_part_and_block() -> None:
    labels = np.tile([0.0, 0.0, 1.0], 400)
    rates = measure_label_rates("binary", ("no", "yes"), divide(CHANCE, labels), unasked)
    assert rates.names == ("yes",)
    assert [(part.name, part.rows) for part in rates.parts] == [("train", 840), ("validation", 180), ("holdout", 180)]
    assert all(part.shares == pytest.approx((1 / 3,), abs=0.01) for part in rates.parts)
    assert len(rates.blocks) == 24
    assert sum(block.rows for block in rates.blocks) == 1_200
    assert rates.blocks[-1].end == 1_199
    assert rates.shifts == ()


def test_classes_are_counted_one_by_one_the_most_frequent_first() -> None:
    labels = np.tile([0.0, 1.0, 1.0, 2.0, 2.0, 2.0], 100)
    rates = measure_label_rates("multiclass", ("a", "b", "c"), divide(CHANCE, labels), unasked)
    assert rates.names == ("c", "b", "a")
    assert rates.parts[0].shares == pytest.approx((1 / 2, 1 / 3, 1 / 6), abs=0.01)


def test_a_number_has_mean_quantiles_and_shares_of_its_range() -> None:
    labels = np.where(CHANCE.random(2_000) < 0.3, 0.0, CHANCE.normal(100, 10, 2_000))
    rates = measure_label_rates("regression", (), divide(CHANCE, labels), unasked)
    assert [name.split()[0] for name in rates.names] == ["above", "above", "above", "equal"]
    assert rates.names[-1] == "equal to 0"
    assert rates.parts[0].mean == pytest.approx(70, abs=3)
    assert rates.parts[0].quantiles[0] == 0


def test_a_step_says_when_how_much_and_what_the_inputs_let_expect() -> None:
    labels = (CHANCE.random(4_000) < np.where(np.arange(4_000) < 3_400, 0.36, 0.96)).astype(float)
    begin = to_number(datetime(2026, 1, 1, tzinfo=UTC))
    rows = divide(CHANCE, labels)
    rows = LabelledRows(
        labels=labels,
        parts=rows.parts,
        moments=begin + np.arange(4_000) * 3_600_000_000,
        groups=None,
        is_ordered=True,
        has_clock=True,
    )
    asked: list[tuple[int, int, int]] = []
    rates = measure_label_rates(
        "binary",
        ("no", "yes"),
        rows,
        lambda before, since, _: asked.append((before[-1], since[0], len(since))) or 0.4,  # type: ignore[func-returns-value]
    )
    (shift,) = rates.shifts
    assert abs(shift.rows_before - 3_400) < 20
    assert asked == [(shift.rows_before - 1, shift.rows_before, shift.rows_after)]
    assert isinstance(shift.at, datetime)
    assert shift.at.isoformat().startswith("2026-05-2")
    assert (shift.expected, shift.learnt) == (0.4, 0.0)


def test_rows_are_put_in_order_first() -> None:
    labels = (CHANCE.random(3_000) < np.where(np.arange(3_000) < 2_000, 0.3, 0.9)).astype(float)
    rows = divide(CHANCE, labels)
    mixed = CHANCE.permutation(3_000)
    shuffled = LabelledRows(
        labels=labels[mixed],
        parts=rows.parts[mixed],
        moments=rows.moments[mixed],
        groups=None,
        is_ordered=True,
        has_clock=False,
    )
    assert measure(shuffled) == measure(rows)


def test_parts_that_differ_are_measured_and_groups_count_as_alike_as_they_are() -> None:
    parts = np.repeat([0, 1, 2], [700, 150, 150])
    labels = (CHANCE.random(1_000) < np.select([parts == 2], [0.96], 0.36)).astype(float)
    facts = {"labels": labels, "parts": parts, "moments": np.arange(1_000), "is_ordered": False, "has_clock": False}
    alone = measure(LabelledRows(groups=None, **facts))
    assert alone.blocks == ()
    assert alone.shifts == ()
    assert [gap.part for gap in alone.gaps] == ["validation", "holdout"]
    assert alone.gaps[1].effect > 1
    assert alone.gaps[1].standard_error == pytest.approx(np.sqrt(1 / 700 + 1 / 150))
    alike = measure(LabelledRows(groups=labels.astype(int) + 10 * (np.arange(1_000) // 100), **facts))
    assert alike.gaps[1].standard_error > 2 * alone.gaps[1].standard_error


def test_neighbours_in_time_count_as_alike_as_they_are() -> None:
    labels = np.repeat(CHANCE.integers(0, 2, 40), 25).astype(float)
    rows = divide(CHANCE, labels)
    ordered, mixed = (measure(replace(rows, is_ordered=is_ordered)) for is_ordered in (True, False))
    assert ordered.gaps[0].standard_error > 3 * mixed.gaps[0].standard_error


def test_a_share_that_training_had_for_a_while_is_known() -> None:
    season = np.sin(np.arange(4_000) / 4_000 * 4 * np.pi + 0.5)
    labels = (CHANCE.random(4_000) < 0.5 + 0.45 * season).astype(float)
    assert all(gap.is_known for gap in measure(divide(CHANCE, labels)).gaps if abs(gap.effect) > 0.3)


@pytest.mark.parametrize("method", ["random", "group"])
def test_the_order_of_a_file_means_nothing_where_rows_are_not_divided_by_time(method: str) -> None:
    rates = measure(draw_clean(np.random.default_rng(1), "in runs", method))
    assert rates.shifts == ()
    assert rates.parts[0].begin is None
