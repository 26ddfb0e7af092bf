import pytest
from pydantic import ValidationError

from builders.runs import make_config, make_run
from ratchet.config.scoring import plan_rows


def test_nothing_is_scored_at_set_times_by_default():
    plan = make_config().scoring
    assert (plan.source, plan.cron) == (None, None)


def test_a_cron_that_is_none_is_refused():
    assert make_config(scoring={"cron": "@daily"}).scoring.cron == "@daily"
    with pytest.raises(ValidationError, match="neither a cron line nor one of"):
        make_config(scoring={"cron": "every day"})


def test_new_rows_need_no_target_and_no_group_but_the_entity_and_the_segment():
    data = make_config(data={"group": "house", "entity": "who", "sensitive": ["sex", "age"], "ignore": ["note"]}).data
    rows = plan_rows(data, make_config().scoring, "sex")
    assert rows.columns == ("when", "age", "city", "member", "who", "sex")
    assert rows.mentioned == {*rows.columns, "bought", "house", "note"}
    assert plan_rows(data, make_config().scoring, None).columns == ("when", "age", "city", "member", "who")
    assert rows.source == data.source


def test_a_file_for_once_is_read_as_the_usual_one(tmp_path):
    config = make_config(data={"source": {"path": "a.csv", "delimiter": ";"}})
    run = make_run(tmp_path, config).reading("b.csv")
    assert (run.config.scoring.source.path, run.config.scoring.source.delimiter) == ("b.csv", ";")
    assert run.config.data.source.path == "a.csv"
    assert run.reading(None) is run


def test_a_file_for_once_takes_the_place_of_a_query(tmp_path):
    config = make_config(scoring={"source": {"url_env": "DB", "query": "select 1"}})
    assert make_run(tmp_path, config).reading("b.csv").config.scoring.source.path == "b.csv"
