"""The challenger may not be too slow, too large or too hungry: by the YAML's limits, and beside the champion.

A limit is met when the measured value is within it, and broken when that is shown: for a latency when its lower bound
is beyond the limit. Between the two nobody can tell, and more calls (`resources.seconds`) would.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ratchet.config.model import ModelConfig
from ratchet.config.resources import LightGate
from ratchet.gates.answer import answer
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Outcome
from ratchet.records.resources import Footprint, Quantile, Weight

NAME = "light"
MEGABYTE = 1e6
LATENCIES = {0.5: "p50", 0.95: "p95", 0.99: "p99"}
AGAINST_CHAMPION = (0.5, 0.95)  # of a p99 nobody knows enough after a second of calls

Finding = tuple[Outcome, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured figure: what it is called, its unit, and its value."""

    name: str
    unit: str
    value: float | None


def light(config: ModelConfig, footprint: Footprint) -> GateResult:
    """Pass when every figure of the challenger is within its limit, and none is far beyond the champion's."""
    outcome, reason = _find(config.gates.light, footprint)
    return answer(NAME, outcome, reason, config.gates.light)


def _find(gate: LightGate, footprint: Footprint) -> Finding:
    weight = footprint.challenger
    if problem := _find_obstacle(footprint) or (None if weight else "no reading was made"):
        return Outcome.INCONCLUSIVE, f"the challenger was not weighed: {problem}"
    assert weight is not None, "without one there is an obstacle"
    findings = [*_check_limits(gate, footprint, weight), *_check_champion(gate, footprint.champion, weight)]
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        if reasons := [reason for found, reason in findings if found is outcome]:
            return outcome, "; ".join(reasons)
    if not findings:
        return Outcome.NOT_APPLICABLE, "no limit is set"
    return Outcome.PASS, "; ".join(reason for _, reason in findings)


def _find_obstacle(footprint: Footprint) -> str | None:
    return footprint.problem or (footprint.challenger.problem if footprint.challenger else None)


def _check_limits(gate: LightGate, footprint: Footprint, weight: Weight) -> Iterator[Finding]:
    for quantile in weight.latency:
        limit: float | None = getattr(gate, f"{LATENCIES[quantile.share]}_ms")
        if limit is not None:
            yield _check_latency(quantile, limit)
    process, peak = footprint.process_bytes, weight.peak_bytes
    whole = None if process is None or peak is None else process + peak
    for figure, limit in (
        (Figure(name="loading", unit="s", value=weight.load_seconds), gate.load_seconds),
        (Figure(name="file", unit="MB", value=_megabytes(weight.size_bytes)), gate.size_mb),
        (Figure(name="loaded model", unit="MB", value=_megabytes(weight.resident_bytes)), gate.resident_mb),
        (Figure(name="peak of the process", unit="MB", value=_megabytes(whole)), gate.peak_mb),
        (Figure(name="1,000 single predictions", unit="of cost", value=weight.cost_single), gate.cost_per_1000),
    ):
        if limit is not None:
            yield _compare(figure, limit, lambda value, most: value <= most, "at most")
    if gate.rows_per_second is not None:
        speed = Figure(name="throughput", unit="rows/s", value=weight.rows_per_second)
        yield _compare(speed, gate.rows_per_second, lambda value, least: value >= least, "at least")


def _compare(figure: Figure, limit: float, is_met: Callable[[float, float], bool], word: str) -> Finding:
    if figure.value is None or not math.isfinite(figure.value):
        return Outcome.INCONCLUSIVE, f"{figure.name} was not measured, {word} {limit:g} {figure.unit} is allowed"
    outcome = Outcome.PASS if is_met(figure.value, limit) else Outcome.FAIL
    return outcome, f"{figure.name} {figure.value:.4g} {figure.unit}, {word} {limit:g} is allowed"


def _check_latency(quantile: Quantile, limit: float, beside: str = "") -> Finding:
    name = LATENCIES[quantile.share]
    allowed = f"at most {limit:.4g} ms is allowed{beside}"
    if quantile.lower is not None and quantile.lower > limit:
        return Outcome.FAIL, f"{name} of single predictions is at least {quantile.lower:.4g} ms, {allowed}"
    if quantile.value is None or not math.isfinite(quantile.value):
        return Outcome.INCONCLUSIVE, f"{name} can't be told: {quantile.problem or 'it is no finite number'}; {allowed}"
    outcome = Outcome.PASS if quantile.value <= limit else Outcome.INCONCLUSIVE
    unsure = "" if outcome is Outcome.PASS else ", which so few calls don't show to be broken"
    return outcome, f"{name} {quantile.value:.4g} ms, {allowed}{unsure}"


def _check_champion(gate: LightGate, champion: Weight | None, weight: Weight) -> Iterator[Finding]:
    # A champion that can't be weighed is no yardstick; whether it can be beaten is another gate's question.
    if champion is None or champion.problem is not None:
        return
    theirs = {each.share: each for each in champion.latency if each.share in AGAINST_CHAMPION}
    for quantile in weight.latency:
        if gate.latency_ratio is not None and quantile.share in theirs:
            yield from _check_slower(gate, quantile, theirs[quantile.share], gate.latency_ratio)
    yield from _check_memory(gate, champion.peak_bytes, weight.peak_bytes)


def _check_memory(gate: LightGate, theirs: int | None, mine: int | None) -> Iterator[Finding]:
    if gate.memory_ratio is not None and theirs is not None and mine is not None:
        most = max(gate.memory_ratio * theirs / MEGABYTE, theirs / MEGABYTE + gate.memory_slack_mb)
        memory = Figure(name="peak of the model", unit="MB", value=_megabytes(mine))
        yield _compare(memory, most, lambda value, limit: value <= limit, "beside the champion at most")


def _check_slower(gate: LightGate, mine: Quantile, theirs: Quantile, ratio: float) -> Iterator[Finding]:
    """The slow tail of a second's calls is mostly the machine's: it stops a model, but never leaves it undecided."""
    # The champion has the benefit of the doubt: it may be as slow as the calls allow.
    known = theirs.value if theirs.upper is None else theirs.upper
    if known is None or not math.isfinite(known):
        return
    beside = f" (champion {known:.4g} ms)"
    outcome, reason = _check_latency(mine, max(ratio * known, known + gate.latency_slack_ms), beside)
    if outcome is Outcome.INCONCLUSIVE and mine.share != min(AGAINST_CHAMPION):
        return
    yield outcome, reason


def _megabytes(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else size_bytes / MEGABYTE
