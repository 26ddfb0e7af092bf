"""Builders of what a model's behaviour is told by."""

from dataclasses import replace

from ratchet.records.behaviour import (
    Attention,
    Behaviour,
    CaseFinding,
    Importance,
    Importances,
    Piece,
    Standing,
    Stress,
)
from ratchet.records.judgement import Gain


def make_importance(feature: str = "age", **changes: object) -> Importance:
    """The feature that counts most."""
    importance = Importance(
        feature=feature, drop=0.12, lower=0.10, upper=0.14, share=0.6, share_lower=0.5, rank=1, contribution=0.55
    )
    return replace(importance, **changes)  # type: ignore[arg-type]


def make_attention(model: str = "challenger", **changes: object) -> Attention:
    """One feature leads, one helps, one is of no use."""
    attention = Attention(
        model=model,
        figure=0.91,
        features=(
            make_importance(),
            make_importance("city", drop=0.08, lower=0.06, upper=0.1, share=0.4, share_lower=0.3, rank=2),
            make_importance("member", drop=-0.001, lower=-0.004, upper=0.002, share=0.0, share_lower=0.0, rank=3),
        ),
    )
    return replace(attention, **changes)  # type: ignore[arg-type]


def make_standing(*features: str, **changes: object) -> Standing:
    """Features that stand where they stood."""
    standing = Standing(
        features=features or ("age",),
        challenger_share=0.6,
        challenger_ranks=(1, 1),
        champion_share=0.58,
        champion_ranks=(1, 1),
    )
    return replace(standing, **changes)  # type: ignore[arg-type]


def make_importances(**changes: object) -> Importances:
    """Challenger and champion look at the same."""
    importances = Importances(
        metric="roc_auc",
        rows=2_000,
        confidence=0.975,
        challenger=make_attention(),
        champion=make_attention("champion"),
        standings=(
            make_standing("age"),
            make_standing("city", challenger_ranks=(2, 2), champion_ranks=(2, 2)),
            make_standing("member", challenger_ranks=(3, 3), champion_ranks=(3, 3)),
        ),
    )
    return replace(importances, **changes)  # type: ignore[arg-type]


def make_changed_gain(opponent: str = "champion", name: str = "nulls", **changes: object) -> Gain:
    """On changed rows nothing is shown either way."""
    gain = Gain(
        metric="roc_auc",
        opponent=opponent,
        slice=name,
        rows=2_000,
        positives=500,
        challenger=0.88,
        opponent_value=0.875,
        estimate=0.005,
        lower=-0.004,
        upper=0.014,
        confidence=0.99,
        detectable=0.01,
        resampling="rows",
    )
    return replace(gain, **changes)  # type: ignore[arg-type]


def make_stress(name: str = "nulls", **changes: object) -> Stress:
    """A stress that harms both models alike."""
    stress = Stress(
        name=name,
        change="10 % of the values of every feature are missing",
        columns=("age", "city", "member"),
        loss=make_changed_gain(
            "itself", name, challenger=0.88, opponent_value=0.91, estimate=-0.03, lower=-0.04, upper=-0.02
        ),
        champion_loss=-0.032,
        gain=make_changed_gain(name=name),
    )
    return replace(stress, **changes)  # type: ignore[arg-type]


def make_piece(run_id: str = "scheduled__2025-12-29T06:00:00+00:00", **changes: object) -> Piece:
    """A past holdout on which the challenger is as good as its champion was."""
    gain = make_changed_gain("floor", run_id, challenger=0.909, opponent_value=0.907, estimate=0.002)
    return replace(Piece(run_id=run_id, rows=7_300, known_share=1.0, gain=gain), **changes)  # type: ignore[arg-type]


def make_case_finding(name: str = "known-buyer", **changes: object) -> CaseFinding:
    """A row that scores high."""
    return replace(CaseFinding(name=name, measured=0.93, rows=1), **changes)  # type: ignore[arg-type]


def make_behaviour(**changes: object) -> Behaviour:
    """Nothing is unusual."""
    behaviour = Behaviour(
        has_champion=True,
        importances=make_importances(),
        stresses=(
            make_stress(),
            make_stress("unit", change="age is 1,000 times as large", columns=("age",)),
            make_stress("category", change="'Oslo' of city (50 % of rows) has a new name", columns=("city",)),
            make_stress("noise", change="numbers are off by 10 % of their spread", columns=("age",)),
            make_stress("drift", change="what moved from validation to holdout moved once more", columns=("age",)),
        ),
        past_holdouts=(make_piece(),),
    )
    return replace(behaviour, **changes)  # type: ignore[arg-type]
