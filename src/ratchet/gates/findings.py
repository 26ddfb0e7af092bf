"""What a gate says of each part that it looks at, and what the parts come to."""

from collections.abc import Iterable, Sequence

from ratchet.records.judgement import Evaluation
from ratchet.records.outcome import Outcome

Finding = tuple[Outcome, str]
STOPPING = (Outcome.FAIL, Outcome.INCONCLUSIVE)  # the worst first


def find_worst(findings: Iterable[Finding], *, shown: int | None = None, among: str = "") -> Finding | None:
    """Return the worst outcome that stands in the way, with the reasons for it; None when nothing does.

    The first `shown` reasons are given, all of them by default; `among` follows the number of the others.
    """
    reasons: dict[Outcome, list[str]] = {}
    for outcome, reason in findings:
        reasons.setdefault(outcome, []).append(reason)
    worst = next((outcome for outcome in STOPPING if outcome in reasons), None)
    return None if worst is None else (worst, list_reasons(reasons[worst], shown=shown, among=among))


def worst_of(findings: Sequence[Finding]) -> Finding:
    """Return what several parts come to: the worst outcome with the reasons for it, or a pass with all reasons."""
    return find_worst(findings) or (Outcome.PASS, list_reasons([reason for _, reason in findings]))


def list_reasons(reasons: Sequence[str], *, shown: int | None = None, among: str = "") -> str:
    """Put the first reasons side by side, and count the others."""
    given = reasons[:shown]
    left = len(reasons) - len(given)
    return "; ".join(given) + (f"; and {left} more{among}" if left else "")


def find_champion_problem(evaluation: Evaluation) -> str | None:
    """Return why the champion can't be compared with, one sentence; None when it can, or when there is none."""
    if evaluation.champion is None or evaluation.champion.problem is None:
        return None
    return f"the champion can't score these rows: {evaluation.champion.problem}"


def find_champion_obstacle(evaluation: Evaluation, *, absent: str) -> Finding | None:
    """Return what a gate says that has no champion to compare with, or one that can't score; None when it can."""
    if evaluation.champion is None:
        return Outcome.NOT_APPLICABLE, absent
    problem = find_champion_problem(evaluation)
    return None if problem is None else (Outcome.INCONCLUSIVE, problem)
