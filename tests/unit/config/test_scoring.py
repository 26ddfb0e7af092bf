import pytest
from pydantic import ValidationError

from builders.runs import make_config, make_run


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
