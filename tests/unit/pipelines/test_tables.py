"""The tables fit the stages that they name."""

import pytest

from builders.dag_files import list_parameters
from ratchet.pipelines.tables import ADOPT, PIPELINES, RETRAIN

STEPS = [(pipeline, step) for pipeline in PIPELINES.values() for step in pipeline.steps]
NAMES = [f"{pipeline.name}-{step.name}" for pipeline, step in STEPS]


@pytest.mark.parametrize(("pipeline", "step"), STEPS, ids=NAMES)
def test_a_step_gives_its_stage_exactly_its_parameters(pipeline, step):
    given = {"run", *step.inputs, *step.options, *(["candidate"] if step.is_for_each else [])}
    assert sorted(given) == list_parameters(step.name)


@pytest.mark.parametrize(("pipeline", "step"), STEPS, ids=NAMES)
def test_a_step_takes_records_only_from_steps_before_it(pipeline, step):
    before = [each.kept_as for each in pipeline.steps[: pipeline.steps.index(step)]]
    assert {*step.inputs.values(), *filter(None, [step.unless_rejected])} <= {*before}


def test_a_pipeline_describes_every_task_that_airflow_shows():
    lines = [*RETRAIN.describe()]
    assert lines[2].startswith("| `admit` | freezes")
    assert [line.split("`")[1] for line in lines[2:]] == ["admit", *(step.name for step in RETRAIN.steps)]


def test_an_adoption_asks_of_a_model_what_a_retraining_asks():
    trains = {"search", "train", "select"}
    assert [step for step in ADOPT.steps if step.name != "adopt"] == [
        step for step in RETRAIN.steps if step.name not in trains
    ]
    assert [step.kept_as for step in ADOPT.steps if step.name == "adopt"] == ["select"]
