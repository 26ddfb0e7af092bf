import pytest

from builders.runs import make_config

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from ratchet.orchestration.declaring import START, ask_as_of, declare  # noqa: E402


def test_a_dag_has_one_run_at_a_time_and_no_backlog():
    dag = declare(make_config().model_copy(update={"owner": "growth"}), "score", schedule=None, params={})
    assert (dag.dag_id, dag.start_date, dag.catchup, dag.max_active_runs) == ("sales.score", START, False, 1)
    assert (dag.tags, dag.default_args["owner"]) == ({"ratchet", "binary"}, "growth")


@pytest.mark.parametrize(
    ("data", "kind"), [({}, "A time in UTC, such as"), ({"time": {"order": "rows"}}, "A number of rows")]
)
def test_the_form_asks_for_the_kind_that_the_data_has(data, kind):
    field = ask_as_of(make_config(data=data), "the window ends there.")
    assert field.value is None
    assert str(field.description).startswith(kind)
    assert str(field.description).endswith(": the window ends there.")
