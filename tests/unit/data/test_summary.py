"""What init says at its end."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ratchet.data.inference import draft_model
from ratchet.data.summary import Summary, summarise, write_summary


def summed_up(folder: Path, rows: int, *, share: float = 0.5, **columns: object) -> Summary:
    chance = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=rows, freq="h").strftime("%Y-%m-%d %H:%M:%S"),
            "income": chance.normal(3000, 400, rows).round(2),
            "bought": np.where(np.arange(rows) % 10 < 10 * share, "yes", "no"),
            **columns,
        }
    ).sample(frac=1, random_state=1)
    frame.to_csv(folder / "data.csv", index=False)
    draft = draft_model(folder / "data.csv", lambda *_: {}, name="sales", target="bought", time=None, project=folder)
    return summarise(draft)


def test_it_says_what_is_used_and_what_is_left_out_and_why(tmp_path: Path) -> None:
    found = summed_up(tmp_path, 2000, branch="north")
    assert (
        found.used
        == "1 feature (1 numeric) predict 'bought' (binary, positive where it is 'yes'), in the order of 'when'"
    )
    assert "branch: the same value in every row: 'north'" in found.left_out


def test_each_question_of_the_draft_is_a_numbered_decision(tmp_path: Path) -> None:
    days = np.resize([5, 6, 7, 999], 2000)
    lines = write_summary(summed_up(tmp_path, 2000, days=days))
    (asked,) = (line for line in lines if "999 in 500 rows" in line)
    assert asked.strip()[0].isdigit()
    assert asked.endswith("a code for no value?")


@pytest.mark.parametrize(
    ("rows", "share", "told"),
    [
        (1000, 0.5, ["150 of them judge, and it takes 240", "1,600 rows in all", "`split.holdout: 240` lets 240 rows"]),
        (300, 0.5, ["45 of them judge", "a dry run shows figures with their intervals, and no model goes in"]),
        (
            2000,
            0.1,
            ["300 of them judge, and it takes 1,200 (100 of the rarest class", "8,000 rows in all", "a dry run"],
        ),
        (2000, 0.5, []),
    ],
)
def test_a_table_that_is_too_small_is_told_what_it_takes(
    tmp_path: Path, rows: int, share: float, told: list[str]
) -> None:
    limits = " ".join(summed_up(tmp_path, rows, share=share).limits)
    assert bool(limits) == bool(told)
    assert all(each in limits for each in told), limits
