"""The audit of a split: a leak of each kind is found, and the same table without it passes."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from builders.gates import ask_gate
from builders.leakage import HOURS, as_snapshot, audit_table, find_kind, keep_audit, make_model, make_table
from builders.runs import STARTED, make_run
from builders.snapshots import START, write_snapshot
from ratchet.errors import ArtifactError
from ratchet.records.judgement import Outcome
from ratchet.records.leakage import Audit, LeakKind, Strength
from ratchet.stages.audit import audit
from ratchet.stages.split import split

CHANCE = np.random.default_rng(4)
Change = Callable[[pd.DataFrame], pd.DataFrame]


def draws(rows: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng([seed, rows]).random(rows)


def with_flips(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(code=np.where((frame["y"] == 1) != (draws(len(frame)) < 0.12), "p", "q"))


def with_gap(frame: pd.DataFrame) -> pd.DataFrame:
    is_there = draws(len(frame)) < np.where(frame["y"] == 1, 0.93, 0.05)
    return frame.assign(closing=pd.Series(draws(len(frame), 3)).where(is_there))


def with_told_reason(frame: pd.DataFrame) -> pd.DataFrame:
    is_told = (frame["y"] == 1) & (draws(len(frame)) < 0.4)
    return frame.assign(reason=np.where(is_told, "moved", "none"))


def with_rate(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rate=frame.groupby("shop")["y"].transform("mean"))


def with_rank(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(place=frame["c"].rank(pct=True))


def with_number(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(no=np.arange(len(frame)) + 7)


def with_copies(frame: pd.DataFrame) -> pd.DataFrame:
    copies = frame.sample(frac=0.3, random_state=1)
    copies[["a", "b", "c", "d"]] += 1e-7
    return pd.concat([frame, copies], ignore_index=True)


def with_copies_of_short_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of two numbers and a few codes, where strangers are close as well: only that all is the same tells."""
    codes = {name: np.floor(draws(len(frame), at) * at) for at, name in enumerate("cdefgh", start=4)}
    return with_copies(frame.drop(columns="shop").assign(b=frame["b"].where(frame["b"] > -1), **codes))


def with_visits(frame: pd.DataFrame) -> pd.DataFrame:
    who = np.random.default_rng(3).permutation(np.repeat(np.arange(len(frame) // 10), 10))
    leaning = np.random.default_rng(4).normal(size=len(who))[who]
    return frame.assign(who=[f"w{at}" for at in who], y=(leaning + 0.5 * frame["a"] > 0).astype(np.int8))


@pytest.mark.parametrize(
    ("change", "kind", "columns"),
    [
        (with_flips, LeakKind.COLUMN, ("code",)),
        (with_gap, LeakKind.COLUMN, ("closing",)),
        (with_told_reason, LeakKind.COLUMN, ("reason",)),
        (with_rate, LeakKind.WHOLE_TABLE, ("rate",)),
        (with_rank, LeakKind.WHOLE_TABLE, ("place",)),
        (with_number, LeakKind.SHIFT, ("no",)),
        (with_copies, LeakKind.DUPLICATES, ()),
        (with_copies_of_short_rows, LeakKind.DUPLICATES, ()),
        (with_visits, LeakKind.ENTITY, ("who",)),
    ],
)
def test_a_leak_is_found_and_its_columns_are_named(tmp_path, change: Change, kind, columns):
    found = audit_table(tmp_path, change(make_table()))
    assert columns in [each.columns for each in find_kind(found, kind)]


def test_rows_that_share_a_few_zeros_by_nature_are_no_copies(tmp_path):
    frame = make_table()
    is_idle = draws(len(frame)) < 0.03
    idle = {f"use{at}": np.where(is_idle, 0.0, draws(len(frame), 5 + at)) for at in range(4)}
    found = audit_table(tmp_path, frame.assign(**idle, y=np.where(is_idle, 0, frame["y"])))
    assert find_kind(found, LeakKind.DUPLICATES) == []


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("method", ["random", "time"])
def test_a_healthy_table_passes_and_says_what_was_looked_at(tmp_path, task, method):
    frame = make_table(task=task)
    config = make_model(frame, task=task, method=method)
    found = audit_table(tmp_path, frame, config)
    assert found.findings == ()
    assert {each.kind for each in found.checks} == set(LeakKind)
    assert [each for each in found.checks if each.problem] == []
    assert 0 < (found.skill or 0) < 1
    assert ask_gate("no_leak", config, found).outcome is Outcome.PASS


def test_two_copies_of_the_target_do_not_hide_each_other(tmp_path):
    frame = with_flips(make_table())
    wrong = draws(len(frame), 9) < 0.12
    found = audit_table(tmp_path, frame.assign(same=np.where((frame["y"] == 1) != wrong, "x", "z"), twin=frame["code"]))
    named = {name for each in find_kind(found, LeakKind.COLUMN) for name in each.columns}
    assert named >= {"code", "same", "twin"}


def test_a_number_that_follows_the_target_is_found_and_a_strong_one_is_not(tmp_path):
    frame = make_table(task="regression")
    noise = np.random.default_rng(5).normal(size=len(frame)) * frame["y"].std()
    leaky = audit_table(tmp_path / "leaky", frame.assign(bill=frame["y"] + 0.1 * noise), task="regression")
    honest = audit_table(tmp_path / "honest", frame.assign(bill=frame["y"] + noise), task="regression")
    assert ("bill",) in [each.columns for each in leaky.findings]
    assert honest.findings == ()


@pytest.mark.parametrize("form", [lambda a, b: a + 2 * b, lambda a, b: a * b, lambda a, b: a / (a + b)])
def test_columns_that_make_the_target_together_are_found(tmp_path, form):
    frame = make_table(task="regression")
    one, other = np.exp(frame["a"]), np.exp(frame["d"] + 1)
    frame = frame.assign(one=one, other=other, whole=one + other, y=form(one, other))
    found = audit_table(tmp_path, frame, task="regression")
    assert any("one" in each.columns for each in find_kind(found, LeakKind.PARTS))


@pytest.mark.parametrize(("ahead", "leaks"), [(True, True), (False, False)])
def test_a_window_over_later_targets_is_told_from_one_over_earlier_ones(tmp_path, ahead, leaks):
    frame = make_table()
    labels = frame["y"][::-1] if ahead else frame["y"]
    trend = labels.shift(1).rolling(12, min_periods=1).mean().sort_index().fillna(0.5)
    found = audit_table(tmp_path, frame.assign(trend=trend), method="time", time=HOURS)
    assert (("trend",) in [each.columns for each in find_kind(found, LeakKind.WHOLE_TABLE)]) is leaks


def test_a_rate_of_the_training_rows_alone_is_honest(tmp_path):
    frame = make_table()
    rates = frame.iloc[: int(0.7 * len(frame))].groupby("shop")["y"].mean()
    assert audit_table(tmp_path, frame.assign(rate=frame["shop"].map(rates)), method="time").findings == ()


def test_hours_that_remember_must_not_be_divided_at_random(tmp_path):
    frame = make_table()
    mood = pd.Series(np.random.default_rng(6).normal(size=len(frame))).ewm(alpha=0.1).mean()
    frame["y"] = (mood > 0).astype(np.int8)
    at_random = audit_table(tmp_path / "random", frame, time=HOURS)
    by_time = audit_table(tmp_path / "time", frame, method="time", time=HOURS)
    assert [each.strength for each in find_kind(at_random, LeakKind.TIME)] == [Strength.CERTAIN]
    assert by_time.findings == ()


def test_a_file_that_is_sorted_by_its_target_has_no_memory(tmp_path):
    frame = make_table().sort_values("y", ignore_index=True)
    assert find_kind(audit_table(tmp_path, frame), LeakKind.TIME) == []


@pytest.mark.parametrize(
    ("method", "entities", "is_found"),
    [("random", "auto", True), ("random", "allow", False), ("time", "auto", False), ("time", "forbid", True)],
)
def test_entities_on_both_sides_are_the_yamls_choice(tmp_path, method, entities, is_found):
    frame = with_visits(make_table())
    found = audit_table(tmp_path, frame, entity="who", method=method, gate={"entities": entities})
    assert (("who",) in [each.columns for each in find_kind(found, LeakKind.ENTITY)]) is is_found


def test_groups_that_are_kept_apart_are_no_leak(tmp_path):
    found = audit_table(tmp_path, with_visits(make_table()), group="who", method="group")
    assert find_kind(found, LeakKind.ENTITY) == []


@pytest.mark.parametrize(
    ("rule", "after", "is_late"),
    [({"delay": "2d"}, "0s", True), ({"delay": "2d"}, "3d", False), ({"delay": "0s"}, "0s", False)],
)
def test_a_value_that_comes_after_the_prediction_is_found(tmp_path, rule, after, is_late):
    found = audit_table(
        tmp_path, make_table(), method="time", time=HOURS, availability={"a": rule}, predicted_after=after
    )
    assert [each.columns for each in find_kind(found, LeakKind.AVAILABILITY)] == ([("a",)] if is_late else [])


@pytest.mark.parametrize(("hours", "is_late"), [(-1, False), (0, False), (5, True)])
def test_a_value_that_was_filled_in_later_is_found(tmp_path, hours, is_late):
    frame = make_table()
    moments = START + pd.to_timedelta(np.arange(len(frame)), unit="h")
    late = moments + pd.to_timedelta(np.where(np.arange(len(frame)) % 50 == 0, hours, -2), unit="h")
    frame["a_at"] = late.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = audit_table(tmp_path, frame, method="time", time=HOURS, availability={"a": {"known_at": "a_at"}})
    assert [each.columns for each in find_kind(found, LeakKind.AVAILABILITY)] == ([("a",)] if is_late else [])


def test_times_that_can_not_be_read_are_for_a_person(tmp_path):
    frame = make_table().assign(a_at="soon")
    config = make_model(frame, method="time", time=HOURS, availability={"a": {"known_at": "a_at"}})
    found = audit_table(tmp_path, frame, config)
    assert ask_gate("no_leak", config, found).outcome is Outcome.INCONCLUSIVE
    assert "'soon'" in find_kind(found, LeakKind.AVAILABILITY)[0].reason


@pytest.mark.parametrize(("delay", "is_late"), [("400h", True), ("1h", False)])
def test_labels_that_come_after_the_next_part_begins_are_found(tmp_path, delay, is_late):
    frame = make_table()
    found = audit_table(
        tmp_path, frame, method="time", time=HOURS, availability={"y": {"delay": delay}}, label_delay="2h"
    )
    assert bool(find_kind(found, LeakKind.TIME)) is is_late


def test_a_run_that_is_far_better_than_all_before_is_too_good(tmp_path):
    frame = make_table()
    helped = frame.assign(**{f"h{at}": frame["y"] * 2 + np.random.default_rng(at).normal(size=2000) for at in range(3)})
    earlier = make_run(tmp_path, make_model(frame), run_id="run-0", started=STARTED - timedelta(days=7))
    keep_audit(earlier, Audit(skill=0.4))
    assert find_kind(audit_table(tmp_path, helped), LeakKind.TOO_GOOD)
    assert find_kind(audit_table(tmp_path, frame), LeakKind.TOO_GOOD) == []


def strange_tables() -> dict[str, pd.DataFrame]:
    frame = make_table(400)
    return {
        "constant": frame.assign(a=1.0, city="Oslo", member=True),
        "empty columns": frame.assign(a=np.nan, city=None, member=None),
        "huge": frame.assign(a=frame["a"] * 1e300, b=np.where(frame["b"] > 0, 1e308, -1e308)),
        "mostly missing": frame.mask(pd.DataFrame(draws(3200).reshape(400, 8) < 0.9, columns=frame.columns)).assign(
            y=frame["y"]
        ),
        "all alike": frame.iloc[[0]].loc[lambda one: one.index.repeat(400)].assign(y=frame["y"].to_numpy()),
        "one column": frame[["a", "y"]],
        "one category": frame[["city", "y"]],
        "few rows": frame.iloc[:30],
        "rare class": frame.assign(y=(np.arange(400) % 50 == 0).astype(np.int8)),
        "another value in every row": frame.assign(city=[f"x{at}" for at in range(400)]),
        "ids beyond single precision": frame.assign(a=np.arange(400) * 7 + 2**40),
    }


@pytest.mark.parametrize("name", list(strange_tables()))
@pytest.mark.parametrize("method", ["random", "time"])
@pytest.mark.filterwarnings("error")
def test_odd_data_is_no_reason_to_stop(tmp_path, name, method):
    frame = strange_tables()[name].reset_index(drop=True)
    config = make_model(frame, method=method)
    found = audit_table(tmp_path, frame, config)
    assert ask_gate("no_leak", config, found).outcome in Outcome
    assert not any("too odd" in (each.problem or "") for each in found.checks)


@pytest.mark.parametrize("values", [np.full(400, 3.0), draws(400) * 1e300, np.floor(draws(400) * 3)])
def test_odd_numbers_to_predict_are_no_reason_to_stop(tmp_path, values):
    frame = make_table(400).assign(y=values)
    assert not any("too odd" in (each.problem or "") for each in audit_table(tmp_path, frame, task="regression").checks)


def test_an_audit_of_the_same_split_gives_the_same_answer(tmp_path):
    frame = with_flips(make_table())
    assert audit_table(tmp_path / "one", frame) == audit_table(tmp_path / "two", frame)


def test_a_part_that_was_changed_is_refused(tmp_path):
    frame = make_table(400)
    run = make_run(tmp_path, make_model(frame))
    parts = split(run, write_snapshot(run, as_snapshot(frame, run.config)))
    (tmp_path / parts.holdout.file.path).write_bytes(b"other")
    with pytest.raises(ArtifactError, match="was changed"):
        audit(run, parts)
