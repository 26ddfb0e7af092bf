"""No slice that looked weak on validation may be shown to be worse than the champion's on the holdout.

The slices were found on other rows than they are measured on, so only the few that were kept count for multiplicity:
to call one worse, its upper bound is moved out to the confidence shared among them (Bonferroni). A slice fails when
that bound is below zero and the best estimate is beyond the tolerance. Here "none is shown to be worse" is a pass, and
the reason says what would have shown; a slice that somebody named (`no_slice_worse`) must be shown to be not worse.
"""

from statistics import NormalDist

from ratchet.config.model import ModelConfig
from ratchet.gates.answer import answer
from ratchet.gates.evidence import describe_gain, find_obstacle, is_finite
from ratchet.records.judgement import Evaluation, Gain, GateResult
from ratchet.records.outcome import Outcome
from ratchet.records.slices import Level

NAME = "weakest_slice"
LOSSES = frozenset({"log_loss", "brier", "rmse", "mae", "mape", "pinball"})  # read as: less is better
Finding = tuple[Outcome, str]


def weakest_slice(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Fail when a found slice is shown to be worse than the champion's, or to miss the floor."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.weakest_slice)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    if not config.evaluation.slice_search.enabled:
        return Outcome.NOT_APPLICABLE, "the YAML switches the search for weak slices off"
    has_floor = config.gates.weakest_slice.floor is not None
    if evaluation.champion is None and not has_floor:
        return Outcome.NOT_APPLICABLE, "no champion yet to compare slices with, and no floor in the YAML"
    search = evaluation.slice_search
    if search is None or search.problem:
        return Outcome.INCONCLUSIVE, f"no slice was searched: {search.problem if search else 'validation was not read'}"
    if evaluation.champion is not None and evaluation.champion.problem:
        return Outcome.INCONCLUSIVE, f"the champion can't score these rows: {evaluation.champion.problem}"
    findings = [_judge_levels(config, search.levels)] if has_floor else []
    if evaluation.champion is not None:
        findings.append(_judge_gains(config, evaluation.weak_slices, search.tried))
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        if reasons := [reason for found, reason in findings if found is outcome]:
            return outcome, "; ".join(reasons)
    return Outcome.PASS, "; ".join(reason for _, reason in findings)


def _judge_gains(config: ModelConfig, gains: tuple[Gain, ...], tried: int) -> Finding:
    gate = config.gates.weakest_slice
    obstacles = [(gain, _find_obstacle(config, gain)) for gain in gains]
    judged = [gain for gain, obstacle in obstacles if obstacle is None]
    if not judged:
        why = f"{obstacles[0][0].slice}: {obstacles[0][1]}" if obstacles else "none was found"
        return Outcome.INCONCLUSIVE, f"none of {len(gains)} found slices can be judged: {why}"
    limits = {gain.slice: -gate.tolerance * abs(gain.opponent_value or 0.0) for gain in judged}
    for gain in judged:
        if _is_shown_worse(gain, limits[gain.slice], slices=len(judged)):
            return Outcome.FAIL, f"shown to be worse: {gain.slice}: {describe_gain(gain, limits[gain.slice])}"
    worst = min(judged, key=lambda gain: gain.estimate or 0.0)
    return Outcome.PASS, (
        f"none of the {len(judged)} weakest of {tried:,} slices tried on validation is shown to be worse; "
        f"{worst.slice}: {describe_gain(worst, limits[worst.slice])}"
    )


def _find_obstacle(config: ModelConfig, gain: Gain) -> str | None:
    gate = config.gates.weakest_slice
    obstacle = find_obstacle(gain, min_rows=gate.min_rows, min_positives=gate.min_positives)
    if obstacle is None and not is_finite(gain.opponent_value):
        return "the champion has no figure on it"
    return obstacle


def _is_shown_worse(gain: Gain, limit: float, *, slices: int) -> bool:
    if gain.estimate is None or gain.upper is None:
        return False
    upper = gain.estimate + (gain.upper - gain.estimate) * _further(gain.confidence, slices)
    return upper < 0 and gain.estimate < limit


def _judge_levels(config: ModelConfig, levels: tuple[Level, ...]) -> Finding:
    """Ask every slice that is large enough for the floor: shown below fails, shown above passes."""
    gate = config.gates.weakest_slice
    floor = gate.floor or 0.0
    judged = [
        level
        for level in levels
        if level.rows >= gate.min_rows
        and (level.positives is None or level.positives >= gate.min_positives)
        and is_finite(level.value, level.lower, level.upper)
    ]
    if not judged:
        return Outcome.INCONCLUSIVE, f"none of {len(levels)} found slices is large enough to be held to {floor:g}"
    for level in judged:
        if _is_beyond(level, floor, slices=len(judged)):
            return Outcome.FAIL, f"shown to miss the floor: {_describe_level(level, floor)}"
    worst = max(judged, key=lambda level: _turn(level, (level.value or 0.0) - floor))
    return Outcome.PASS, f"no found slice is shown to miss the floor; {_describe_level(worst, floor)}"


def _is_beyond(level: Level, floor: float, *, slices: int) -> bool:
    """Tell whether the bound on the good side of the figure still misses the floor, for all slices at once."""
    best = level.lower if level.metric in LOSSES else level.upper
    if best is None or level.value is None:
        return False
    best = level.value + (best - level.value) * _further(level.confidence, slices)
    return _turn(level, best - floor) > 0


def _turn(level: Level, above: float) -> float:
    """Return how far a figure misses the floor: a loss by being above it, anything else by being below."""
    return above if level.metric in LOSSES else -above


def _describe_level(level: Level, floor: float) -> str:
    side = "at most" if level.metric in LOSSES else "at least"
    return (
        f"{level.slice}: {level.metric} {level.value:.4g} [{level.lower:.4g}, {level.upper:.4g}] "
        f"at {100 * level.confidence:g} %, needs {side} {floor:g}"
    )


def _further(confidence: float, slices: int) -> float:
    """Return how much further out a bound lies that holds for several slices at once."""
    normal = NormalDist()
    return normal.inv_cdf(1 - (1 - confidence) / slices) / normal.inv_cdf(confidence)
