"""The challenger must not have forgotten: on past holdouts it may not be shown to be worse than their champions were.

Each past holdout has a floor, the figure that its champion reached there. Failing shares the confidence among the
holdouts (Bonferroni), see `ratchet.gates.evidence`. Rows that the challenger was trained on since prove less, as it
knows their labels; that it has forgotten them they still show.
"""

from pydantic import Field

from ratchet.gates.evidence import Finding, allowed_loss, answer, describe_gain, find_gap, find_worst, is_shown_worse
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection, OnFail
from ratchet.records.behaviour import Behaviour, Piece
from ratchet.records.judgement import GateResult, Outcome

NAME = "no_regression"


class RegressionGate(GateSection):
    """The challenger must not have forgotten what past champions knew."""

    on_fail: OnFail = Field(default="hold", description="What a failure does: hold for a person, or reject.")
    # twice that of guards and slices: the floor was measured once, by the champion that the rows had favoured
    tolerance: float = Field(
        default=0.1, ge=0, le=1, description="As a share of the floor: less is not called forgetting."
    )
    min_rows: int = Field(default=200, ge=1, description="Rows of a past holdout below which it can't judge.")
    min_positives: int = Field(default=25, ge=1, description="The same for rows of the rarest class.")


def no_regression(section: RegressionGate, evidence: Behaviour) -> GateResult:
    """Pass when on no past holdout the challenger is shown to be below the floor by more than the tolerance."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: RegressionGate, behaviour: Behaviour) -> Finding:
    if behaviour.problem is not None:
        return Outcome.INCONCLUSIVE, behaviour.problem
    if behaviour.past_holdouts:
        return _judge_all(gate, behaviour.past_holdouts)
    if behaviour.has_champion:
        return Outcome.INCONCLUSIVE, "there is a champion, and its holdout was not looked for"
    return Outcome.NOT_APPLICABLE, "there was no champion before, so there is no past holdout"


def _judge_all(gate: RegressionGate, pieces: tuple[Piece, ...]) -> Finding:
    findings = [_judge(gate, piece, looks=len(pieces)) for piece in pieces]
    worst = find_worst(findings, shown=1, among=f" of {len(pieces)}")
    return worst or (Outcome.PASS, _describe(gate, pieces))


def _judge(gate: RegressionGate, piece: Piece, *, looks: int) -> Finding:
    where = f"holdout of {piece.run_id}"
    if piece.problem is not None or piece.gain is None:
        return Outcome.INCONCLUSIVE, f"{where}: {piece.problem or 'was not measured'}"
    if gap := find_gap(piece.gain, gate, without_figure="its floor is not a finite number"):
        return Outcome.INCONCLUSIVE, f"{where}: {gap}"
    limit = -allowed_loss(piece.gain, gate.tolerance)
    found = f"{where}: {describe_gain(piece.gain, limit)} (floor {piece.gain.opponent_value:.4g}{_known(piece)})"
    is_worse = is_shown_worse(piece.gain, limit, looks=looks)
    return (Outcome.FAIL, f"shown to have forgotten: {found}") if is_worse else (Outcome.PASS, found)


def _known(piece: Piece) -> str:
    if not piece.known_share:
        return ""
    return f"; trained on {100 * piece.known_share:.0f} % of these rows since"


def _describe(gate: RegressionGate, pieces: tuple[Piece, ...]) -> str:
    tolerance = 100 * gate.tolerance
    known = sum(bool(piece.known_share) for piece in pieces)
    weaker = f"; it was trained since on rows of {known} of them" if known else ""
    number = f"{len(pieces)} past holdout{'s' if len(pieces) > 1 else ''}"
    return f"on none of {number} it is shown to be more than {tolerance:g} % of the floor below it{weaker}"


def _pick(asked: Asked, found: Findings) -> Behaviour | str:
    return found.behaviour if asked.scores_past_holdouts else "the YAML asks for no past holdouts"


GATE = Gate(
    name=NAME,
    section=RegressionGate,
    evidence=Behaviour,
    pick=_pick,
    judge=no_regression,
    after_change=AfterChange.NONE,
)
