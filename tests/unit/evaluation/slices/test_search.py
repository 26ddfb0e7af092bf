"""The search for the weakest slices on validation, and what the holdout says of them."""

import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_comparison, make_labels, make_scores
from builders.runs import make_config
from ratchet.evaluation.comparison import Scored
from ratchet.evaluation.slices.measuring import measure_weakest
from ratchet.evaluation.slices.search import Level, Search, find_slice, name_slice, search_slices
from ratchet.metrics.registry import find_metric


def make_part(rows=3000, *, seed=1, spoil="", search=None, **changes):
    """Rows with two texts, a number and a missing one now and then; the challenger guesses where `spoil` says."""
    chance = np.random.default_rng([seed, 6])
    frame = pd.DataFrame(
        {
            "city": chance.choice(["Oslo", "Bern", None], rows, p=[0.5, 0.4, 0.1]).astype(object),
            "member": pd.Series(chance.random(rows) < 0.5).astype(object),
            "age": chance.integers(18, 90, rows).astype(float),
        }
    )
    labels = changes.pop("labels", make_labels(rows, seed=seed))
    scores = make_scores(labels, seed=seed)
    if spoil:
        bad = frame.eval(spoil).to_numpy(dtype=bool)
        scores[bad] = 1 - scores[bad]
    facts = {"challenger": scores, "champion": make_scores(labels, model=2, seed=seed), "frame": frame}
    config = make_config(evaluation={"slice_search": search or {}, "confidence": 0.95}, split={"method": "random"})
    return make_comparison(config, labels=labels, baseline=np.full(rows, 0.3), **(facts | changes))


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        ("city == 'Oslo'", "city is Oslo"),
        ("city == 'Oslo' and member == True", "city is Oslo and member is True"),
        ("city != city", "city is missing"),
    ],
)
@pytest.mark.parametrize("champion", [True, False])
def test_a_planted_slice_is_the_first_to_be_found(spoil, name, champion):
    part = make_part(spoil=spoil) if champion else make_part(spoil=spoil, champion=None)
    search = search_slices(part)
    assert name_slice(search.found[0]) == name
    assert (search.against, search.problem) == ("champion" if champion else "average", None)


def test_a_range_of_numbers_is_found():
    found = search_slices(make_part(spoil="age < 35")).found[0]
    assert name_slice(found) == "age below 35"


def test_depth_one_looks_at_single_columns_only():
    search = search_slices(make_part(spoil="city == 'Oslo' and member == True", search={"depth": 1}))
    assert all(len(each) == 1 for each in search.found)
    assert search.tried < search_slices(make_part()).tried


def test_slices_of_nearly_the_same_rows_are_kept_once():
    part = make_part(spoil="city == 'Oslo'")
    twin = part.frame.assign(member=part.frame["city"] == "Oslo")
    names = [name_slice(each) for each in search_slices(make_part(spoil="city == 'Oslo'", frame=twin)).found]
    assert sum("Oslo" in name or "member is True" in name for name in names) == 1


def test_small_slices_are_not_looked_at():
    part = make_part(search={"min_rows": 1499, "columns": ["city"]})
    assert search_slices(part).problem == "no column has a part that is large enough and is not everything"
    assert search_slices(make_part(search={"min_positives": 1500})).tried == 0


def test_only_columns_that_the_yaml_names_are_looked_at():
    search = search_slices(make_part(search={"columns": ["age"], "keep": 20}))
    assert {level.column for each in search.found for level in each} == {"age"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"search": {"enabled": False}}, "switched off in the YAML"),
        ({"rows": 399}, "399 rows of validation are too few, needs 400"),
        ({"challenger": np.full(3000, np.nan)}, "some predictions on validation are not finite numbers"),
        (
            {"frame": pd.DataFrame({"x": range(3000)})},
            "no column has a part that is large enough and is not everything",
        ),
        ({"labels": np.zeros(3000)}, "no slice of validation is large enough to be looked at"),
    ],
)
def test_what_can_not_be_searched_is_a_problem(changes, problem):
    search = search_slices(make_part(**changes))
    assert (search.problem, search.found) == (problem, ())


def test_a_regression_with_huge_values_is_searched():
    truth = np.random.default_rng(1).normal(size=3000)
    guess = truth + np.where(np.arange(3000) % 7 == 0, 1e150, 0.1)
    config = make_config(task="regression", data={"target": {"column": "bought"}})
    part = make_part()
    sides = {name: Scored(scores=guess) for name in ("challenger", "baseline")}
    search = search_slices(make_comparison(config, labels=truth, frame=part.frame, classes=0, champion=None, **sides))
    assert (search.problem, len(search.found)) == (None, 3)


def test_a_multiclass_task_is_searched():
    truth = np.random.default_rng(1).integers(0, 3, 3000).astype(float)
    scores = np.full((3000, 3), 1 / 3)
    side = Scored(scores=scores, decisions=np.zeros(3000))
    config = make_config(task="multiclass", data={"target": {"column": "bought"}})
    part = make_part()
    search = search_slices(
        make_comparison(
            config, labels=truth, frame=part.frame, classes=3, challenger=side, champion=side, baseline=side
        )
    )
    assert (search.problem, len(search.found)) == (None, 3)


def test_wide_tables_keep_the_worst_columns():
    wide = pd.DataFrame({f"c{n}": np.arange(3000) % 4 == n % 4 for n in range(300)})
    part = make_part(search={"depth": 1})
    config = make_config(
        data={"features": dict.fromkeys(wide.columns, "boolean")}, evaluation={"slice_search": {"depth": 1}}
    )
    search = search_slices(
        make_comparison(
            config,
            labels=part.labels,
            frame=wide,
            challenger=part.challenger,
            champion=part.champion,
            baseline=part.baseline,
        )
    )
    assert 0 < search.tried <= 400


@pytest.mark.parametrize(
    ("level", "rows"),
    [
        (Level(column="a", text="", value="1"), [0, 3]),
        (Level(column="a", text="", low=np.nan), [2]),
        (Level(column="a", text="", low=1.0, high=2.0), [0, 3]),
        (Level(column="b", text="", value="True"), [1]),
    ],
)
def test_a_level_finds_its_rows_whatever_they_are_kept_as(level, rows):
    frame = pd.DataFrame({"a": [1.0, 2.0, None, 1.0], "b": pd.Series([None, True, False, None], dtype=object)})
    assert find_slice(frame, (level,)).tolist() == rows


def test_found_slices_are_measured_on_the_holdout():
    search = search_slices(make_part(spoil="city == 'Oslo'"))
    holdout = make_part(seed=2, spoil="city == 'Oslo'")
    gains, finding = measure_weakest(holdout, search)
    rows = find_slice(holdout.frame, search.found[0])
    assert (gains[0].slice, gains[0].rows) == ("city is Oslo", len(rows))
    assert gains[0].upper < 0
    level = finding.levels[0]
    expected = find_metric("roc_auc").measure(holdout.labels[rows], holdout.challenger.scores[rows])
    assert level.value == pytest.approx(expected)
    assert level.lower < level.value < level.upper < level.everywhere


def test_without_a_champion_only_the_figure_is_measured():
    search = search_slices(make_part(champion=None))
    gains, finding = measure_weakest(make_part(seed=2, champion=None), search)
    assert (gains, len(finding.levels), finding.against) == ((), 3, "average")


def test_a_level_holds_as_often_as_it_says():
    """Each of 200 samples bounds the area under the curve on half its rows; the truth is that of a large sample."""
    search = Search(against="average", tried=1, found=((Level(column="member", text="is True", value="True"),),))
    truth = find_metric("roc_auc").measure(labels := make_labels(200_000, seed=99), make_scores(labels, seed=99))
    levels = [measure_weakest(make_part(600, seed=seed, champion=None), search)[1].levels[0] for seed in range(200)]
    assert 0.01 < np.mean([level.lower > truth for level in levels]) < 0.09
    assert 0.01 < np.mean([level.upper < truth for level in levels]) < 0.09


def test_a_slice_that_is_not_in_the_holdout_is_a_problem():
    search = Search(against="average", tried=1, found=((Level(column="city", text="is Rome", value="Rome"),),))
    gains, finding = measure_weakest(make_part(), search)
    assert (gains[0].problem, gains[0].rows) == ("no rows in the holdout", 0)
    assert (finding.levels[0].value, finding.levels[0].rows) == (None, 0)
    assert finding.levels[0].problem is not None
