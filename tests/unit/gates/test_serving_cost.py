"""The gate on time, memory and room."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_serving_cost, make_serving_costs
from builders.runs import make_config
from ratchet.records.judgement import Decision, GateResult, Outcome
from ratchet.records.serving_cost import Quantile, ServingCost, ServingCosts

NO_LIMIT = {"p50_ms": None, "latency_ratio": None, "memory_ratio": None}
MB = 1_000_000


def ask(serving_costs: ServingCosts | None = None, **limits: object) -> GateResult:
    """Ask the gate with these limits and the default ones."""
    return ask_gate(
        "serving_cost",
        make_config(gates={"serving_cost": limits}),
        make_serving_costs() if serving_costs is None else serving_costs,
    )


def make_latency(share: float = 0.5, **changes: object) -> Quantile:
    """A median of 6 ms."""
    return Quantile(**({"share": share, "value": 6.0, "lower": 5.5, "upper": 6.5} | changes))  # type: ignore[arg-type]


def make_costs(mine: Quantile, theirs: Quantile | None = None, **changes: object) -> ServingCosts:
    """A challenger, and a champion where there are figures of one."""
    champion = None if theirs is None else make_serving_cost("champion", latency=(theirs,))
    return make_serving_costs(challenger=make_serving_cost(latency=(mine,), **changes), champion=champion)


def test_an_ordinary_retrain_passes_by_default() -> None:
    result = ask()
    assert (result.outcome, result.consequence) == (Outcome.PASS, Decision.PROMOTE)
    assert "p50 6.4 ms, at most 1000 ms is allowed" in result.reason


def test_the_first_model_is_judged_by_the_limits_alone() -> None:
    assert ask(make_serving_costs(champion=None)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("value", "lower", "outcome"),
    [
        (10.0, 9.0, Outcome.PASS),
        (10.01, 9.0, Outcome.INCONCLUSIVE),
        (11.0, 10.0, Outcome.INCONCLUSIVE),
        (11.0, 10.01, Outcome.FAIL),
        (None, 10.01, Outcome.FAIL),
        (None, 9.0, Outcome.INCONCLUSIVE),
        (None, None, Outcome.INCONCLUSIVE),
        (math.nan, None, Outcome.INCONCLUSIVE),
        (math.nan, math.nan, Outcome.INCONCLUSIVE),
        (math.inf, 9.0, Outcome.INCONCLUSIVE),
    ],
)
def test_a_latency_is_broken_when_shown_and_met_when_within(
    value: float | None, lower: float | None, outcome: Outcome
) -> None:
    assert ask(make_costs(make_latency(value=value, lower=lower)), p50_ms=10.0).outcome is outcome


@pytest.mark.parametrize(("share", "limit"), [(0.5, "p50_ms"), (0.95, "p95_ms"), (0.99, "p99_ms")])
def test_each_quantile_has_a_limit_of_its_own(share: float, limit: str) -> None:
    serving_costs = make_costs(make_latency(share, value=60.0, lower=50.0))
    result = ask(serving_costs, **(NO_LIMIT | {limit: 49.0}))
    assert result.outcome is Outcome.FAIL
    assert result.consequence is Decision.REJECT
    assert result.reason == f"{limit[:3]} of single predictions is at least 50 ms, at most 49 ms is allowed"


def test_too_few_calls_for_a_quantile_that_is_limited_are_inconclusive() -> None:
    result = ask(p99_ms=50.0)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "64 calls are too few for the slowest 1 %, needs 100" in result.reason


@pytest.mark.parametrize(
    ("limit", "field", "met", "broken"),
    [
        ("load_seconds", "load_seconds", 2.0, 2.01),
        ("size_mb", "size_bytes", 2 * MB, 2 * MB + 1),
        ("resident_mb", "resident_bytes", 2 * MB, 2 * MB + 1),
        ("cost_per_1000", "cost_single", 2.0, 2.01),
        ("rows_per_second", "rows_per_second", 2.0, 1.99),
    ],
)
def test_every_other_limit_has_two_sides(limit: str, field: str, met: float, broken: float) -> None:
    limits = NO_LIMIT | {limit: 2.0}
    assert ask(make_serving_costs(challenger=make_serving_cost(**{field: met})), **limits).outcome is Outcome.PASS
    assert ask(make_serving_costs(challenger=make_serving_cost(**{field: broken})), **limits).outcome is Outcome.FAIL


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
@pytest.mark.parametrize("limit", ["load_seconds", "resident_bytes", "cost_single", "rows_per_second"])
def test_what_was_not_measured_never_passes(limit: str, value: float | None) -> None:
    field = {"resident_bytes": "resident_mb", "cost_single": "cost_per_1000"}.get(limit, limit)
    serving_costs = make_serving_costs(challenger=make_serving_cost(**{limit: value}))
    assert ask(serving_costs, **(NO_LIMIT | {field: 5.0})).outcome is Outcome.INCONCLUSIVE


def test_the_peak_is_that_of_the_whole_process() -> None:
    serving_costs = make_serving_costs(process_bytes=100 * MB, challenger=make_serving_cost(peak_bytes=50 * MB))
    assert ask(serving_costs, **(NO_LIMIT | {"peak_mb": 150.0})).outcome is Outcome.PASS
    assert ask(serving_costs, **(NO_LIMIT | {"peak_mb": 149.9})).outcome is Outcome.FAIL
    unknown = make_serving_costs(process_bytes=None)
    assert ask(unknown, **(NO_LIMIT | {"peak_mb": 150.0})).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("champion", "lower", "value", "outcome"),
    [
        (20.0, 43.9, 44.0, Outcome.PASS),  # the champion may be as slow as 22: twice that is 44
        (20.0, 43.9, 44.1, Outcome.INCONCLUSIVE),
        (20.0, 44.1, 46.0, Outcome.FAIL),
        (1.0, 11.0, 11.0, Outcome.PASS),  # ten times as slow, and nobody notices
        (1.0, 13.1, 14.0, Outcome.FAIL),
    ],
)
def test_a_challenger_is_too_slow_by_the_ratio_and_the_slack(
    champion: float, lower: float, value: float, outcome: Outcome
) -> None:
    theirs = make_latency(value=champion, lower=champion - 1, upper=champion + 2)
    assert ask(make_costs(make_latency(value=value, lower=lower), theirs)).outcome is outcome


def test_a_median_that_is_slower_but_not_shown_to_be_is_inconclusive() -> None:
    assert ask(make_costs(make_latency(value=60.0, lower=5.0), make_latency())).outcome is Outcome.INCONCLUSIVE


def test_a_slow_tail_that_is_not_shown_leaves_nobody_undecided() -> None:
    """A spell of somebody else's work on the machine is what such a tail mostly is."""
    theirs = make_serving_cost("champion")
    noisy = (make_latency(), make_latency(0.95, value=90.0, lower=8.0, upper=None))
    serving_costs = make_serving_costs(challenger=make_serving_cost(latency=noisy), champion=theirs)
    assert ask(serving_costs).outcome is Outcome.PASS
    shown = (make_latency(), make_latency(0.95, value=90.0, lower=80.0, upper=None))
    assert ask(make_serving_costs(challenger=make_serving_cost(latency=shown), champion=theirs)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("peak", "outcome"), [(900 * MB, Outcome.PASS), (901 * MB, Outcome.FAIL), (None, Outcome.NOT_APPLICABLE)]
)
def test_memory_beside_the_champion_has_a_ratio_and_a_slack(peak: int | None, outcome: Outcome) -> None:
    serving_costs = make_serving_costs(
        challenger=make_serving_cost(peak_bytes=peak), champion=make_serving_cost("champion", peak_bytes=300 * MB)
    )
    assert ask(serving_costs, p50_ms=None, latency_ratio=None, memory_slack_mb=500.0).outcome is outcome


def test_small_models_may_differ_by_any_factor() -> None:
    serving_costs = make_serving_costs(
        challenger=make_serving_cost(peak_bytes=501 * MB), champion=make_serving_cost("champion", peak_bytes=1 * MB)
    )
    assert ask(serving_costs).outcome is Outcome.PASS


def test_a_champion_that_can_not_be_weighed_is_no_yardstick() -> None:
    champion = ServingCost(model="champion", size_bytes=1, problem="it can't be loaded")
    slow = make_serving_cost(latency=(make_latency(value=500.0, lower=400.0),))
    assert ask(make_serving_costs(challenger=slow, champion=champion)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "serving_costs",
    [
        ServingCosts(),
        ServingCosts(problem="stopped after its time limit of 5 s"),
        ServingCosts(challenger=ServingCost(model="challenger", size_bytes=1, problem="it can't score these rows")),
    ],
)
def test_a_challenger_that_was_not_weighed_is_inconclusive(serving_costs: ServingCosts) -> None:
    result = ask(serving_costs)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


def test_without_a_limit_there_is_nothing_to_ask() -> None:
    assert ask(**NO_LIMIT).outcome is Outcome.NOT_APPLICABLE


def test_the_yaml_says_what_a_failure_does() -> None:
    slow = make_costs(make_latency(value=6000.0, lower=5000.0))
    assert ask(slow, on_fail="hold").consequence is Decision.HOLD
