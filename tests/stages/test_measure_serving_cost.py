"""CostMeasurement challenger and champion, in a process of their own."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders.gates import ask_gate
from builders.records import make_challenger
from builders.registry import make_home, make_order
from builders.runs import make_run
from builders.training import make_mixed_rows, make_spec, make_task_config, write_split
from ratchet.artifacts.estimators import write_pipeline
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.errors import ArtifactError
from ratchet.models.fitting import fit_candidate
from ratchet.models.serving_cost import Reading
from ratchet.records.data import Split
from ratchet.records.judgement import Outcome
from ratchet.records.modelling import Challenger, Placing
from ratchet.registry.model_files import own_copy
from ratchet.stages import measure_serving_cost as stage
from ratchet.stages.measure_serving_cost import measure_serving_cost
from ratchet.stages.promote import promote

pytestmark = pytest.mark.slow
LINEAR = make_spec()
# Six times as slow as the linear one: a busy machine blurs twice as slow.
MANY_TREES = make_spec("hist_gradient_boosting", parameters={"max_iter": 5000, "max_leaf_nodes": 2})


def make_case(
    home: Path, spec: CandidateSpec = LINEAR, run_id: str = "run-1", config: ModelConfig | None = None
) -> tuple[Run, Challenger, Split]:
    """A run with a challenger of mixed rows."""
    run = make_run(home, config or make_task_config("binary", resources={"seconds": 0.3}), run_id=run_id)
    rows = make_mixed_rows("binary")
    keep_record(run, "run", run)
    split = write_split(run, rows)
    pipeline = fit_candidate(spec, rows, run.config, classes=("no", "yes"), seed=1, threads=1)
    model = write_pipeline(pipeline, folder_of(run).file("models/one.skops"), home)
    return run, make_challenger(name="one", model=model), split


def make_champion(home: Path) -> Run:
    """Promote a linear model of an earlier run."""
    run, challenger, split = make_case(home, run_id="earlier")
    keep_record(run, "split", split)
    promote(run, challenger, make_order(None, challenger))
    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path)


def test_the_first_model_is_weighed_alone(home: Path) -> None:
    run, challenger, split = make_case(home)
    serving_costs = measure_serving_cost(run, challenger, split)
    weight = serving_costs.challenger
    assert serving_costs.champion is None
    assert weight is not None
    assert weight.problem is None
    assert weight.calls >= 5
    assert weight.size_bytes == challenger.model.size_bytes
    assert 0 < weight.latency[0].lower <= weight.latency[0].value <= weight.latency[0].upper  # type: ignore[operator]
    assert serving_costs.process_bytes < 400e6  # type: ignore[operator]
    assert ask_gate("serving_cost", run.config, serving_costs).outcome is Outcome.PASS


def test_challenger_and_champion_of_one_kind_are_alike(home: Path) -> None:
    make_champion(home)
    run, challenger, split = make_case(home)
    serving_costs = measure_serving_cost(run, challenger, split)
    mine, theirs = serving_costs.challenger, serving_costs.champion
    assert mine is not None
    assert theirs is not None
    assert mine.calls == theirs.calls
    assert 0.3 < mine.latency[0].value / theirs.latency[0].value < 3  # type: ignore[operator]
    assert ask_gate("serving_cost", run.config, serving_costs).outcome is Outcome.PASS


def test_a_challenger_that_is_slower_than_its_budget_is_stopped(home: Path) -> None:
    make_champion(home)
    run, challenger, split = make_case(home, MANY_TREES)
    serving_costs = measure_serving_cost(run, challenger, split)
    mine, theirs = serving_costs.challenger, serving_costs.champion
    assert mine is not None
    assert theirs is not None
    assert mine.latency[0].value > 2 * theirs.latency[0].value  # type: ignore[operator]
    strict = make_task_config("binary", gates={"serving_cost": {"p50_ms": 5.0, "latency_ratio": None}})
    found = ask_gate("serving_cost", strict, serving_costs)
    assert found.outcome is Outcome.FAIL
    assert "at most 5 ms is allowed" in found.reason


@pytest.mark.parametrize(("slow_looks", "calls", "outcome"), [(0, 1, "pass"), (2, 3, "pass"), (5, 3, "fail")])
def test_what_fails_is_measured_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, slow_looks: int, calls: int, outcome: str
) -> None:
    run, challenger, split = make_case(home)
    looks: list[float] = []

    def read(*_: object, **__: object) -> tuple[int, dict[str, Reading]]:
        looks.append(2.0 if len(looks) < slow_looks else 0.002)
        return 1, {"challenger": Reading(call_seconds=(looks[-1],) * 20)}

    monkeypatch.setattr(stage, "run_in_child", read)
    serving_costs = measure_serving_cost(run, challenger, split)
    assert len(looks) == calls
    assert ask_gate("serving_cost", run.config, serving_costs).outcome == outcome


def test_a_price_gives_costs(home: Path) -> None:
    config = make_task_config("binary", resources={"seconds": 0.1, "price_per_core_hour": 3.6})
    run, challenger, split = make_case(home, config=config)
    weight = measure_serving_cost(run, challenger, split).challenger
    assert weight is not None
    assert weight.cost_batch == pytest.approx(1.0 / weight.rows_per_second)  # type: ignore[operator]
    assert weight.cost_single > 10 * weight.cost_batch  # type: ignore[operator]


def test_a_champion_that_can_not_be_had_is_named_and_the_challenger_weighed(home: Path) -> None:
    earlier = make_champion(home)
    run, challenger, split = make_case(home)
    for path in (home / "champions").rglob("*.skops"):
        path.unlink()
    assert earlier.run_id == "earlier"
    for path in home.rglob("artifacts/**/*.skops"):
        path.write_bytes(b"something else")
    serving_costs = measure_serving_cost(run, challenger, split)
    assert serving_costs.champion is not None
    assert "was changed after it was registered" in (serving_costs.champion.problem or "")
    assert serving_costs.challenger is not None
    assert serving_costs.challenger.calls


def test_what_the_policy_found_is_handed_on(home: Path) -> None:
    run, challenger, split = make_case(home)
    broken = ("score_ms is 12, at most 5 is allowed",)
    challenger = replace(challenger, placings=(Placing(name="other"), Placing(name="one", broken=broken)))
    assert measure_serving_cost(run, challenger, split).broken == broken


def test_a_process_that_is_lost_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, challenger, split = make_case(home)
    monkeypatch.setattr(stage, "LIMIT", timedelta(seconds=-0.5))
    serving_costs = measure_serving_cost(run, challenger, split)
    assert serving_costs.challenger is None
    assert "time limit" in (serving_costs.problem or "")
    assert ask_gate("serving_cost", run.config, serving_costs).outcome is Outcome.INCONCLUSIVE


def test_a_holdout_that_was_changed_is_refused(home: Path) -> None:
    run, challenger, split = make_case(home)
    holdout = replace(split.holdout, file=replace(split.holdout.file, sha256="0" * 64))
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        measure_serving_cost(run, challenger, replace(split, holdout=holdout))


def test_own_copies_are_what_is_weighed(home: Path) -> None:
    from ratchet.registry.champion import find_champion

    make_champion(home)
    run, challenger, split = make_case(home)
    weight = measure_serving_cost(run, challenger, split).champion
    champion = find_champion(home, run.model)
    assert weight is not None
    assert champion is not None
    assert weight.size_bytes == own_copy(champion, home).stat().st_size
