"""The challenger may not be too slow, too large or too hungry: by the YAML's limits, and beside the champion.

A limit is met when the measured value is within it, and broken when that is shown: for a latency when its lower bound
is beyond the limit. Between the two nobody can tell, and more calls (`resources.seconds`) would.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from ratchet.gates.evidence import Finding, answer, is_above, is_number, worst_of
from ratchet.gates.gate import Gate, GateSection
from ratchet.records.judgement import GateResult, Outcome
from ratchet.records.serving_cost import Quantile, ServingCost, ServingCosts

NAME = "serving_cost"
MEGABYTE = 1e6
LATENCIES = {0.5: "p50", 0.95: "p95", 0.99: "p99"}
LEAST = "at least"
OUTCOMES = {True: Outcome.PASS, False: Outcome.FAIL}
UNSURE = ", which so few calls don't show to be broken"
AGAINST_CHAMPION = (0.5, 0.95)  # of a p99 nobody knows enough after a second of calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured figure: what it is called, its unit, its value, and the words before its limit."""

    name: str
    unit: str
    value: float | None
    word: str = "at most"


class ServingCostGate(GateSection):
    """The challenger may not take too much time, memory or room."""

    # One second is what keeps a person's train of thought (Nielsen, Usability Engineering, 1993): a single
    # prediction that takes longer is of no use to anybody who waits for it. The median, since two calls can tell it.
    p50_ms: float | None = Field(default=1000.0, gt=0, description="Limit of the median single prediction.")
    p95_ms: float | None = Field(
        default=None, gt=0, description="Limit of the slowest 5 %; needs 20 calls within `resources.seconds`."
    )
    p99_ms: float | None = Field(
        default=None, gt=0, description="Limit of the slowest 1 %; needs 100 calls, so `resources.seconds`."
    )
    rows_per_second: float | None = Field(default=None, gt=0, description="At least so many rows in batches.")
    load_seconds: float | None = Field(default=None, gt=0, description="Limit of the time to load the model.")
    size_mb: float | None = Field(default=None, gt=0, description="Limit of the model's file.")
    resident_mb: float | None = Field(default=None, gt=0, description="Limit of the loaded model's memory.")
    peak_mb: float | None = Field(
        default=None, gt=0, description="Limit of the whole process's memory while it scores a batch."
    )
    cost_per_1000: float | None = Field(
        default=None, gt=0, description="Limit of the price of 1,000 single predictions; needs a price."
    )
    # Against the champion both must be exceeded. Timing on a shared machine easily doubles for a while, and two
    # estimators of the catalogue differ by less than ten milliseconds a row (measured on 45 features).
    latency_ratio: float | None = Field(
        default=2.0, ge=1, description="p50 and p95 against the champion's; null switches it off."
    )
    latency_slack_ms: float = Field(default=10.0, ge=0, description="So much slower is never too slow.")
    # A forest holds tens of times as much as a linear model, and both are small change below some hundred megabytes.
    memory_ratio: float | None = Field(
        default=3.0, ge=1, description="Peak memory of the model against the champion's; null switches it off."
    )
    memory_slack_mb: float = Field(default=500.0, ge=0, description="So much more is never too much.")


def serving_cost(section: ServingCostGate, evidence: ServingCosts) -> GateResult:
    """Pass when every figure of the challenger is within its limit, and none is far beyond the champion's."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: ServingCostGate, serving_costs: ServingCosts) -> Finding:
    weight = serving_costs.challenger or ServingCost(model="challenger", size_bytes=0, problem="no reading was made")
    if problem := serving_costs.problem or weight.problem:
        return Outcome.INCONCLUSIVE, f"the challenger was not measured: {problem}"
    findings = [
        *_check_latencies(gate, weight),
        *_check_figures(gate, serving_costs, weight),
        *_check_champion(gate, serving_costs.champion, weight),
    ]
    return worst_of(findings) if findings else (Outcome.NOT_APPLICABLE, "no limit is set")


def _check_latencies(gate: ServingCostGate, weight: ServingCost) -> Iterator[Finding]:
    for quantile in weight.latency:
        limit: float | None = getattr(gate, f"{LATENCIES[quantile.share]}_ms")
        if limit is not None:
            yield _check_latency(quantile, limit)


def _check_figures(gate: ServingCostGate, serving_costs: ServingCosts, weight: ServingCost) -> Iterator[Finding]:
    process, peak = serving_costs.process_bytes, weight.peak_bytes
    whole = None if process is None or peak is None else process + peak
    for figure, limit in (
        (Figure(name="loading", unit="s", value=weight.load_seconds), gate.load_seconds),
        (Figure(name="file", unit="MB", value=_megabytes(weight.size_bytes)), gate.size_mb),
        (Figure(name="loaded model", unit="MB", value=_megabytes(weight.resident_bytes)), gate.resident_mb),
        (Figure(name="peak of the process", unit="MB", value=_megabytes(whole)), gate.peak_mb),
        (Figure(name="1,000 single predictions", unit="of cost", value=weight.cost_single), gate.cost_per_1000),
        (Figure(name="throughput", unit="rows/s", value=weight.rows_per_second, word=LEAST), gate.rows_per_second),
    ):
        if limit is not None:
            yield _compare(figure, limit)


def _compare(figure: Figure, limit: float) -> Finding:
    if not is_number(figure.value):
        return Outcome.INCONCLUSIVE, f"{figure.name} was not measured, {figure.word} {limit:g} {figure.unit} is allowed"
    is_met = figure.value >= limit if figure.word == LEAST else figure.value <= limit
    found = f"{figure.name} {figure.value:.4g} {figure.unit}, {figure.word} {limit:g} is allowed"
    return OUTCOMES[is_met], found


def _check_latency(quantile: Quantile, limit: float, beside: str = "") -> Finding:
    name = LATENCIES[quantile.share]
    allowed = f"at most {limit:.4g} ms is allowed{beside}"
    if is_above(quantile.lower, limit):
        return Outcome.FAIL, f"{name} of single predictions is at least {quantile.lower:.4g} ms, {allowed}"
    if not is_number(quantile.value):
        return Outcome.INCONCLUSIVE, f"{name} can't be told: {quantile.problem or 'it is no finite number'}; {allowed}"
    found = f"{name} {quantile.value:.4g} ms, {allowed}"
    return (Outcome.PASS, found) if quantile.value <= limit else (Outcome.INCONCLUSIVE, found + UNSURE)


def _check_champion(gate: ServingCostGate, champion: ServingCost | None, weight: ServingCost) -> Iterator[Finding]:
    # A champion that can't be measured is no yardstick; whether it can be beaten is another gate's question.
    if champion is None or champion.problem is not None:
        return
    if gate.latency_ratio is not None:
        yield from _check_slower(gate, champion, weight, gate.latency_ratio)
    yield from _check_memory(gate, champion.peak_bytes, weight.peak_bytes)


def _check_slower(gate: ServingCostGate, champion: ServingCost, weight: ServingCost, ratio: float) -> Iterator[Finding]:
    theirs = {each.share: each for each in champion.latency if each.share in AGAINST_CHAMPION}
    for mine in weight.latency:
        if mine.share in theirs:
            yield from _check_beside(gate, mine, theirs[mine.share], ratio)


def _check_beside(gate: ServingCostGate, mine: Quantile, theirs: Quantile, ratio: float) -> Iterator[Finding]:
    """The slow tail of a second's calls is mostly the machine's: it stops a model, but never leaves it undecided."""
    # The champion has the benefit of the doubt: it may be as slow as the calls allow.
    known = theirs.value if theirs.upper is None else theirs.upper
    if not is_number(known):
        return
    limit = max(ratio * known, known + gate.latency_slack_ms)
    outcome, reason = _check_latency(mine, limit, f" (champion {known:.4g} ms)")
    if outcome is not Outcome.INCONCLUSIVE or mine.share == min(AGAINST_CHAMPION):
        yield outcome, reason


def _check_memory(gate: ServingCostGate, theirs: int | None, mine: int | None) -> Iterator[Finding]:
    if gate.memory_ratio is not None and theirs is not None and mine is not None:
        most = max(gate.memory_ratio * theirs / MEGABYTE, theirs / MEGABYTE + gate.memory_slack_mb)
        word = "beside the champion at most"
        yield _compare(Figure(name="peak of the model", unit="MB", value=_megabytes(mine), word=word), most)


def _megabytes(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else size_bytes / MEGABYTE


GATE = Gate(
    name=NAME,
    section=ServingCostGate,
    evidence=ServingCosts,
    pick=lambda _asked, found: found.serving_costs,
    judge=serving_cost,
)
