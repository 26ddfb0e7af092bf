"""Spans of monitoring fit the data's clock and one another."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from builders.runs import make_config, make_run
from ratchet.config.monitoring import DriftPlan, LabelPlan, MonitoringPlan, find_drift_mistake, find_monitoring_mistake
from ratchet.records.drift import DriftLimits

DAY = timedelta(days=1)


def test_spans_have_defaults_of_their_kind() -> None:
    assert MonitoringPlan().spans(has_clock=True) == (7 * DAY, 30 * DAY, 90 * DAY)
    assert MonitoringPlan(window=500).spans(has_clock=False) == (500, 4000, 12000)


def test_longer_spans_follow_one_that_is_longer_than_their_defaults() -> None:
    assert MonitoringPlan(window=60 * DAY).spans(has_clock=True) == (60 * DAY, 60 * DAY, 90 * DAY)
    assert MonitoringPlan(long_window=20_000).spans(has_clock=False) == (1000, 20_000, 20_000)


@pytest.mark.parametrize(
    ("plan", "has_clock", "mistake"),
    [
        (MonitoringPlan(), True, None),
        (MonitoringPlan(), False, None),
        (MonitoringPlan(window=7 * DAY, long_window=7 * DAY, history=7 * DAY), True, None),
        (MonitoringPlan(window=500), True, "`monitoring.window` should be a duration, such as 7d"),
        (
            MonitoringPlan(history=90 * DAY),
            False,
            "`monitoring.history` should be a number of rows, as the data has no clock, such as 1000",
        ),
        (
            MonitoringPlan(window=31 * DAY, long_window=30 * DAY),
            True,
            "`monitoring.window`, `long_window` and `history` should each be at least as long as the one before",
        ),
        (
            MonitoringPlan(window=0 * DAY),
            True,
            "`monitoring.window` leaves nothing to look at: give it a duration such as 7d",
        ),
        (
            MonitoringPlan(labels=LabelPlan(known_at="known")),
            False,
            "`monitoring.labels.known_at` needs a clock: give `data.time` a column, or `start` and `every`",
        ),
        (MonitoringPlan(labels=LabelPlan(known_at="known")), True, None),
    ],
)
def test_spans_that_do_not_fit_are_told(plan: MonitoringPlan, has_clock: bool, mistake: str | None) -> None:
    assert find_monitoring_mistake(plan, has_clock=has_clock) == mistake


@pytest.mark.parametrize(("said", "meant"), [("30d", timedelta(days=30)), (500, 500), (0, 0), (None, None)])
def test_rows_mature_after_a_duration_or_a_number_of_rows(said, meant):
    plan = LabelPlan.model_validate({"mature_after": said})
    assert plan.mature_after == meant
    assert LabelPlan.model_validate(plan.model_dump(mode="json")) == plan


@pytest.mark.parametrize(
    "wrong",
    [
        {"maturity": 0.0},
        {"maturity": 1.1},
        {"mature_after": "soon"},
        {"mature_after": -1},
        {"min_rows": 9},
        {"min_rare": 1},
        {"max_segments": 0},
    ],
)
def test_what_can_not_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        LabelPlan.model_validate(wrong)


def test_by_default_maturity_is_learnt():
    plan = LabelPlan()
    assert (plan.maturity, plan.mature_after) == (0.95, None)


def test_the_defaults_are_those_of_the_measurement():
    assert DriftPlan().limits == DriftLimits()


@pytest.mark.parametrize(
    ("plan", "mistake"),
    [
        (DriftPlan(), None),
        (DriftPlan(look=0.2, act=0.2), None),
        (DriftPlan(look=0.3), "`monitoring.drift.act` should be at least `look`"),
    ],
)
def test_levels_rise(plan, mistake):
    assert find_drift_mistake(plan) == mistake


def test_an_ignored_column_is_a_feature():
    assert make_config(monitoring={"drift": {"ignore": ["age"]}}).monitoring.drift.ignore == ("age",)
    with pytest.raises(ValueError, match=r"`monitoring\.drift\.ignore` names 'aeg'"):
        make_config(monitoring={"drift": {"ignore": ["aeg"]}})


def test_nothing_is_scored_at_set_times_by_default():
    plan = make_config().scoring
    assert (plan.source, plan.cron) == (None, None)


def test_a_cron_that_is_none_is_refused():
    assert make_config(scoring={"cron": "@daily"}).scoring.cron == "@daily"
    with pytest.raises(ValidationError, match="neither a cron line nor one of"):
        make_config(scoring={"cron": "every day"})


def test_a_file_for_once_is_read_as_the_usual_one(tmp_path):
    config = make_config(data={"source": {"path": "a.csv", "delimiter": ";"}})
    run = make_run(tmp_path, config).reading("b.csv")
    assert (run.config.scoring.source.path, run.config.scoring.source.delimiter) == ("b.csv", ";")
    assert run.config.data.source.path == "a.csv"
    assert run.reading(None) is run


def test_a_file_for_once_takes_the_place_of_a_query(tmp_path):
    config = make_config(scoring={"source": {"url_env": "DB", "query": "select 1"}})
    assert make_run(tmp_path, config).reading("b.csv").config.scoring.source.path == "b.csv"
