"""Predicted probabilities must match observed rates: within a limit, and no worse than the champion's.

The limit is a rule against probabilities that are plainly off. Chance makes the measured error larger, never smaller,
so an error within the limit passes as it stands; beyond it, it fails once its lower bound is beyond as well. Champion
and challenger are measured on the same rows, which tells small differences apart: passing needs the upper bound of the
change within the tolerance. Either part can fail a challenger, so each one's lower bound is moved out to half the
chance of a wrong failure (Bonferroni).
"""

from ratchet.config.model import ModelConfig
from ratchet.gates.answer import answer
from ratchet.gates.bounded import Finding, is_measured, lower_bound_among, worst_of
from ratchet.records.calibration import Bounded, Calibration
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.outcome import Outcome

NAME = "calibrated"
PARTS = 2  # the limit and the champion


def calibrated(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    """Pass when the calibration error is within `max_ece` and not worse than the champion's by `tolerance`."""
    outcome, reason = _find(config, evaluation)
    return answer(NAME, outcome, reason, config.gates.calibrated)


def _find(config: ModelConfig, evaluation: Evaluation) -> Finding:
    found, gate = evaluation.calibration, config.gates.calibrated
    if config.task == "regression":
        return Outcome.NOT_APPLICABLE, "a regression predicts no probabilities"
    if found is None:
        return Outcome.INCONCLUSIVE, "calibration was not measured"
    if obstacle := _find_obstacle(config, found):
        return Outcome.INCONCLUSIVE, obstacle
    return worst_of([_judge_limit(gate.max_ece, found), _judge_champion(gate.tolerance, evaluation, found)])


def _find_obstacle(config: ModelConfig, found: Calibration) -> str | None:
    gate = config.gates.calibrated
    if found.problem is not None:
        return f"calibration can't be measured: {found.problem}"
    if found.rows < gate.min_rows:
        return f"{found.rows:,} rows are too few to judge calibration, needs {gate.min_rows:,}"
    if found.positives is None or found.positives < gate.min_positives:
        return f"{found.positives or 0:,} rows of the rarest class are too few to judge, needs {gate.min_positives:,}"
    error = found.challenger.error if found.challenger else None
    if error is None or not is_measured(error):
        return "the calibration error has no finite figure or bound"
    return None


def _judge_limit(limit: float | None, found: Calibration) -> Finding:
    error = found.challenger.error if found.challenger else None
    if error is None:
        return Outcome.INCONCLUSIVE, "the calibration error was not measured"
    chance = (found.challenger.by_chance if found.challenger else None) or 0.0
    described = f"{_describe('calibration error', error, found)} (chance alone shows {chance:.3f})"
    if limit is None:
        return Outcome.PASS, f"{described}, no limit is set"
    described = f"{described}, at most {limit:g}"
    if error.estimate <= limit:
        return Outcome.PASS, described
    if lower_bound_among(error, PARTS, confidence=found.confidence) > limit:
        return Outcome.FAIL, f"shown to be beyond the limit: {described}"
    return Outcome.INCONCLUSIVE, f"beyond the limit, but not for certain: {described}"


def _judge_champion(tolerance: float, evaluation: Evaluation, found: Calibration) -> Finding:
    champion = evaluation.champion
    if champion is None:
        return Outcome.PASS, "no champion to compare with"
    if champion.problem is not None:
        return Outcome.INCONCLUSIVE, f"the champion can't score these rows: {champion.problem}"
    return _judge_change(tolerance, found)


def _judge_change(tolerance: float, found: Calibration) -> Finding:
    change = found.change
    if change is None or change.upper is None or not is_measured(change):
        return Outcome.INCONCLUSIVE, "the change against the champion has no finite figure or bound"
    described = f"{_describe('change against the champion', change, found, '+')}, at most {tolerance:g}"
    if change.upper <= tolerance:
        return Outcome.PASS, described
    if lower_bound_among(change, PARTS, confidence=found.confidence) > tolerance:
        return Outcome.FAIL, f"shown to be worse calibrated: {described}"
    return Outcome.INCONCLUSIVE, f"not shown to be as well calibrated: {described}"


def _describe(name: str, figure: Bounded, found: Calibration, sign: str = "") -> str:
    bounds = f"[{figure.lower:{sign}.3f}, {figure.upper:{sign}.3f}]"
    return f"{name} {figure.estimate:{sign}.3f} {bounds} at {100 * found.confidence:g} %"
