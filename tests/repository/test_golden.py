"""The tool that keeps what runs come to: what it leaves out, and what it finds different."""

import json

import pandas as pd
import pytest
from tools.golden_records import ABSENT, compare, digest_columns, find_differences, normalise, read_files

BEGAN = "2030-01-01 00:00:00"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"fit_seconds": 0.2, "score": 0.8}, {"score": 0.8}),
        ({"path": "a.skops", "size_bytes": 9}, {"path": "a.skops"}),
        (
            [{"name": "score_ms", "value": 3.5}, {"name": "f1", "value": 0.1}],
            [{"name": "score_ms"}, {"name": "f1", "value": 0.1}],
        ),
        ("f" * 64, "<digest>"),
        ("runs:/" + "0a" * 16, "runs:/<digest>"),
        ("a1b2c3", "a1b2c3"),
        ("p50 4.647 ms, at most 1000 ms is allowed", "p50 <duration>, at most <duration> is allowed"),
        ("peak 5.706 MB, beside the champion at most 502.154 is allowed", "peak <memory> is allowed"),
        ("35 min 56 s since the last attempt, needs 1 d", "<duration> since the last attempt, needs 1 d"),
        ("red since 2025-07-20", "red since 2025-07-20"),
        ("2030-01-01T00:00:00.5Z", "<now>"),
        ("2029-12-31T23:59:59Z", "2029-12-31T23:59:59Z"),
        ({"/tmp/x/rows.csv": "at /tmp/x"}, {"<folder>/rows.csv": "at <folder>"}),
        (0.30000000000000004, 0.30000000000000004),
    ],
)
def test_only_what_no_two_runs_share_is_left_out(value, kept):
    assert normalise(value, {"/tmp/x": "<folder>"}, BEGAN) == kept


def test_a_columns_digest_tells_its_values_and_order(tmp_path):
    path = tmp_path / "rows.parquet"
    digests = []
    for values in ([1, 2], [1, 2], [2, 1]):
        pd.DataFrame({"a": values, "latency_ms": [0.5, 0.5]}).to_parquet(path)
        digests.append(digest_columns(path))
    assert digests[0] == digests[1]
    assert digests[0]["a"] != digests[2]["a"]
    assert digests[0]["rows"] == 2


def test_the_last_digit_is_a_difference():
    assert list(find_differences({"a": [{"b": 0.1}]}, {"a": [{"b": 0.10000000000000002}]}, {})) == [
        ("a[0] b", (0.1, 0.10000000000000002))
    ]


@pytest.mark.parametrize("pair", [(1, True), (1, 1.0), (None, "None"), ([], None), ({}, [])])
def test_values_of_different_types_differ(pair):
    assert [found for _, found in find_differences({"a": pair[0]}, {"a": pair[1]}, {})] == [pair]


def test_what_is_only_on_one_side_differs():
    assert dict(find_differences({"a": 1}, {"b": 1}, {})) == {"a": (1, ABSENT), "b": (ABSENT, 1)}


def test_new_words_are_no_difference():
    names = {
        "words": {"weigh": "serving_cost", "light": "lean"},
        "sentences": {r"^weighed (\d+) rows": r"measured \1 rows"},
    }
    before = {"runs/r/weigh.json": {"gates": [{"gate": "light", "reason": "weighed 5 rows, light"}], "light": 1}}
    after = {"runs/r/serving_cost.json": {"gates": [{"gate": "lean", "reason": "measured 5 rows, light"}], "lean": 1}}
    assert list(find_differences(before, after, names)) == []
    assert len(list(find_differences(before, after, {}))) == 6


def test_a_difference_with_a_reason_is_counted_and_not_printed(tmp_path, capsys):
    for side, value in (("before", 1), ("after", 2)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "churn.json").write_text(json.dumps({"a": value, "b": value}))
    sides = tmp_path / "before", tmp_path / "after"
    assert compare(*sides, {"reasons": {"^churn a$": "a was counted twice"}}) == 1
    assert capsys.readouterr().out == ("churn b: 1 -> 2\n1 differ: a was counted twice\n1 differ without a reason\n")


def test_a_scenario_that_is_missing_differs(tmp_path, capsys):
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "churn.json").write_text('{"a": 1}')
    assert compare(tmp_path / "before", tmp_path / "after", {}) > 0
    assert "churn a: 1 -> '<absent>'" in capsys.readouterr().out


def test_files_of_one_name_but_for_their_digests_are_kept_together(tmp_path):
    for folder, text in (("b" * 16, '{"n": 1}'), ("a" * 16, '{"n": 2}'), ("mlartifacts", '{"n": 3}')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "job.json").write_text(text)
    assert read_files(tmp_path, {}, BEGAN) == {"<digest>/job.json": [{"n": 1}, {"n": 2}]}
