"""What the challenger looks at must not surprise: a new, overwhelming or displaced top feature asks for a person.

Only what the bands tell apart counts. A feature is overwhelming when its share of all importance is surely above the
limit and the champion does not rest on it as much. A top feature is displaced when the ranks that are left open for
it, together with features that it is closely correlated with, lie more than so many places apart in both models, and
its share has changed as well: ranks among crumbs are noise.
"""

from collections.abc import Iterator

from pydantic import Field

from ratchet.gates.evidence import Finding, answer, is_above, is_finite
from ratchet.gates.gate import AfterChange, Asked, Findings, Gate, GateSection, OnFail
from ratchet.records.behaviour import Behaviour, Importance, Importances, Standing
from ratchet.records.judgement import GateResult, Outcome

NAME = "feature_importance"
FEWEST = 3  # of two features one nearly always carries most


class ImportanceGate(GateSection):
    """What the model looks at must not surprise: a new, overwhelming or displaced top feature is for a person."""

    on_fail: OnFail = Field(default="hold", description="What a failure does: hold for a person, or reject.")
    top: int = Field(default=5, ge=1, description="How many features count as the top.")
    new_share: float = Field(
        default=0.05, ge=0, le=1, description="A new feature at the top with this share of all importance is reviewed."
    )
    max_share: float = Field(
        default=0.9,  # healthy models have one with 0.83 (the price now, on electricity) or 0.68 (bike_sharing's hour)
        gt=0,
        le=1,
        description="One feature with surely more of all importance is suspicious, unless it is so in the champion.",
    )
    max_rank_shift: int = Field(
        default=3, ge=1, description="Places that a top feature may move for certain, with those it is correlated with."
    )
    min_share_shift: float = Field(
        default=0.15, ge=0, le=1, description="A move counts when the share of all importance changes by this as well."
    )


def feature_importance(section: ImportanceGate, evidence: Behaviour) -> GateResult:
    """Pass when no feature is new at the top, overwhelming, or displaced for certain."""
    return answer(NAME, *_find(section, evidence), section)


def _find(gate: ImportanceGate, behaviour: Behaviour) -> Finding:
    found = behaviour.importances
    if behaviour.problem is not None or found is None:
        return Outcome.INCONCLUSIVE, behaviour.problem or "importances were not measured"
    return _judge(gate, behaviour, found)


def _judge(gate: ImportanceGate, behaviour: Behaviour, found: Importances) -> Finding:
    if obstacle := _find_obstacle(found):
        return Outcome.INCONCLUSIVE, obstacle
    if triggers := [*_find_new(gate, found), *_find_overwhelming(gate, found), *_find_displaced(gate, found)]:
        return Outcome.FAIL, "; ".join(triggers)
    if gap := _find_gap(behaviour, found):
        return Outcome.INCONCLUSIVE, f"the champion's importances can't be measured: {gap}"
    return Outcome.PASS, _describe(gate, found)


def _find_gap(behaviour: Behaviour, found: Importances) -> str | None:
    """Return why there is nothing of the champion to compare with; None when there is, or no champion."""
    if not behaviour.has_champion:
        return None
    if found.champion is None:
        return behaviour.champion_problem or "no reading was made"
    return found.champion.problem


def _find_obstacle(found: Importances) -> str | None:
    mine = found.challenger
    if mine.problem is not None:
        return f"importances can't be measured: {mine.problem}"
    if not is_finite(mine.figure) or not all(map(_is_whole, mine.features)):
        return "some importances are not finite numbers"
    if not any(map(_is_needed, mine.features)):
        return "no feature is shown to be needed: nothing is known about what the challenger looks at"
    return None


def _is_whole(importance: Importance) -> bool:
    return is_finite(importance.drop, importance.share, importance.share_lower)


def _is_needed(importance: Importance) -> bool:
    return is_above(importance.lower, 0.0)


def _find_new(gate: ImportanceGate, found: Importances) -> Iterator[str]:
    for each in _among_first(gate, found):
        if each.feature in found.new_features and each.share >= gate.new_share and _is_needed(each):
            yield (
                f"{each.feature} is new and carries {_percent(each.share)} of all importance "
                f"(rank {each.rank}; from {_percent(gate.new_share)} on among the first {gate.top} a person looks)"
            )


def _among_first(gate: ImportanceGate, found: Importances) -> list[Importance]:
    return [each for each in found.challenger.features if each.rank <= gate.top]


def _find_overwhelming(gate: ImportanceGate, found: Importances) -> Iterator[str]:
    features = found.challenger.features
    if len(features) < FEWEST:
        return
    heavy = _list_heavy(gate, found)
    for each in features:
        if each.share_lower > gate.max_share and each.feature not in heavy:
            yield (
                f"{each.feature} alone carries {_percent(each.share)} of all importance (surely more than "
                f"{_percent(each.share_lower)}, at most {_percent(gate.max_share)} is usual): does it tell the target?"
            )


def _list_heavy(gate: ImportanceGate, found: Importances) -> set[str]:
    """Return the features that carry too much in the champion already."""
    theirs = found.champion.features if found.champion else ()
    return {each.feature for each in theirs if each.share > gate.max_share}


def _find_displaced(gate: ImportanceGate, found: Importances) -> Iterator[str]:
    new = set(found.new_features)  # told above
    for each in found.standings:
        if new.isdisjoint(each.features) and _is_displaced(gate, each):
            yield (
                f"{' with '.join(each.features)} moved from rank {_range(each.champion_ranks)} in the champion to "
                f"{_range(each.challenger_ranks)} ({_percent(each.champion_share)} to "
                f"{_percent(each.challenger_share)} of all importance; {gate.max_rank_shift} places may be)"
            )


def _is_displaced(gate: ImportanceGate, standing: Standing) -> bool:
    change = abs(standing.challenger_share - standing.champion_share)
    is_top = min(standing.challenger_ranks[0], standing.champion_ranks[0]) <= gate.top
    return is_top and count_places(standing) > gate.max_rank_shift and change > gate.min_share_shift


def count_places(standing: Standing) -> int:
    """Return how many places lie between the ranks that are left open in both models; 0 where they overlap."""
    mine, theirs = standing.challenger_ranks, standing.champion_ranks
    return max(theirs[0] - mine[1], mine[0] - theirs[1], 0)


def _describe(gate: ImportanceGate, found: Importances) -> str:
    first = found.challenger.features[0]
    leading = f"{first.feature} leads with {_percent(first.share)} of all importance, {_limit(gate, found)}"
    if found.champion is None:
        return f"{leading}; no champion yet to compare ranks with"
    farthest = max((count_places(each) for each in found.standings), default=0)
    return f"{leading}; no top feature is new, and none has moved by more than {farthest} places for certain"


def _limit(gate: ImportanceGate, found: Importances) -> str:
    """Say what the leading share may be, or why one that is above it passes."""
    first, limit = found.challenger.features[0], _percent(gate.max_share)
    if first.share <= gate.max_share:
        return f"at most {limit}"
    if len(found.challenger.features) < FEWEST:
        return f"which may be more than {limit}: with fewer than {FEWEST} features one nearly always carries most"
    if first.feature in _list_heavy(gate, found):
        return f"more than {limit}, as in the champion"
    return f"not surely more than {limit}: it may be {_percent(first.share_lower)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _range(ranks: tuple[int, int]) -> str:
    return str(ranks[0]) if ranks[0] == ranks[1] else f"{ranks[0]}-{ranks[1]}"


def _pick(asked: Asked, found: Findings) -> Behaviour | str:
    return found.behaviour if asked.measures_importance else "the YAML asks for no importances"


GATE = Gate(
    name=NAME,
    section=ImportanceGate,
    evidence=Behaviour,
    pick=_pick,
    judge=feature_importance,
    after_change=AfterChange.NONE,
)
