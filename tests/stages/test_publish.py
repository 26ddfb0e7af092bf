from dataclasses import replace
from pathlib import Path

import pandas as pd

from builders.monitoring_stories import make_alert_report, make_appraisal, make_queue, make_shift
from builders.observations import draw_stream
from builders.runs import make_config, make_run
from builders.shifts import make_monitored
from ratchet.artifacts.files import verified_path
from ratchet.config.run import Run
from ratchet.records.monitoring import MonitoringPages, Observation
from ratchet.stages.publish import publish

SPLIT, WEEK = 4_000, 700


def tell(run: Run, observation: Observation) -> MonitoringPages:
    return publish(run, observation, make_shift(), make_appraisal(), make_alert_report(), make_queue())


def watch(home: Path, stream: pd.DataFrame, **plan: object) -> tuple[Run, Observation]:
    config = make_config(monitoring={"drift": plan})
    return make_run(home, config, run_id="monitor-1"), make_monitored(home, stream, split=SPLIT, config=config)


def test_both_pages_are_written_into_the_run_and_linked(tmp_path):
    pages = tell(*watch(tmp_path, draw_stream()))
    assert pages.evidently is not None
    assert pages.evidently_rows == WEEK
    assert pages.page.path == "monitoring/sales/runs/monitor-1/monitoring.html"
    text = verified_path(pages.page, tmp_path).read_text()
    name = verified_path(pages.evidently, tmp_path).name
    assert name == "evidently-700-of-700-rows.html"
    assert f'href="{name}"' in text
    assert "on a sample of 700 rows of the window and 4,000 of the reference" in text


def test_a_sample_says_its_size_and_a_column_that_evidently_can_not_bear_is_named(tmp_path):
    stream = draw_stream()
    stream.loc[stream.index[-WEEK:], "age"] = None
    pages = tell(*watch(tmp_path, stream, sample=250))
    assert pages.evidently is not None
    assert pages.evidently.path.endswith("evidently-250-of-700-rows.html")
    assert pages.evidently_rows == 250
    assert "left out age: no finite value in the window" in verified_path(pages.page, tmp_path).read_text()


def test_a_window_without_rows_has_our_page_alone(tmp_path):
    run, observation = watch(tmp_path, draw_stream())
    later = replace(observation.window, start=observation.as_of, end=observation.as_of.replace(year=2030))  # type: ignore[union-attr]
    pages = tell(run, replace(observation, window=later, rows=0))
    assert (pages.evidently, pages.evidently_rows) == (None, 0)
    assert "one side has no rows" in verified_path(pages.page, tmp_path).read_text()


def test_an_ignored_column_is_not_shown_and_evidently_can_be_switched_off(tmp_path):
    run, observation = watch(tmp_path, draw_stream(), ignore=["age"])
    pages = tell(run, observation)
    assert pages.evidently is not None
    assert '"age"' not in verified_path(pages.evidently, tmp_path).read_text()
    off = run.model_copy(update={"config": make_config(monitoring={"drift": {"evidently": False}})})
    assert tell(off, observation).evidently is None


def test_a_second_try_writes_the_same(tmp_path):
    run, observation = watch(tmp_path, draw_stream(), evidently=False)
    assert tell(run, observation) == tell(run, observation)
