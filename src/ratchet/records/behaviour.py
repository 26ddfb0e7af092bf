"""How a model behaves: what it looks at, and what it says about rows that are changed on purpose."""

from dataclasses import dataclass

from ratchet.records.columns import ColumnKind
from ratchet.records.drift import Spread
from ratchet.records.judgement import Gain

TURNS = "rises and falls"  # a direction that has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """What one model loses when the values of one feature are shuffled among the rows.

    Attributes:
        feature: its name, as in the YAML: before it is encoded.
        drop: by how much the primary metric gets worse, turned so that positive means the feature is needed.
        lower: lower end of the drop's band.
        upper: upper end of it.
        share: of all drops above zero added up; 0 for a feature that is not needed.
        share_lower: lower end of the share's band.
        rank: 1 for the largest drop.
        contribution: its part of the mean absolute SHAP values, 0 to 1; None for models that have none of their own.
    """

    feature: str
    drop: float
    lower: float
    upper: float
    share: float
    share_lower: float
    rank: int
    contribution: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What one model looks at.

    Attributes:
        model: "challenger" or "champion".
        figure: the primary metric on these rows, as it is usually read; None when it can't be measured.
        features: the most important one first.
        problem: why nothing could be measured; None when it was.
    """

    model: str
    figure: float | None = None
    features: tuple[Importance, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where features that say much the same stand among the others, in challenger and champion.

    Attributes:
        features: one feature, or several that are closely correlated and so stand in for one another.
        challenger_share: their part of all drops in the challenger.
        challenger_ranks: best and worst rank that the bands leave open, of those features together.
        champion_share: the same in the champion.
        champion_ranks: the same in the champion.
    """

    features: tuple[str, ...]
    challenger_share: float
    challenger_ranks: tuple[int, int]
    champion_share: float
    champion_ranks: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importances:
    """What challenger and champion look at, on the same rows.

    Attributes:
        metric: what a drop is measured by.
        rows: rows of the holdout that were looked at.
        confidence: of each end of a band.
        challenger: what the challenger looks at.
        champion: what the champion looks at; None when there is none.
        new_features: features of the challenger that the champion does not have.
        standings: where features stand in both; empty without a champion.
    """

    metric: str
    rows: int
    confidence: float
    challenger: Attention
    champion: Attention | None = None
    new_features: tuple[str, ...] = ()
    standings: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencePoint:
    """What the model says, had all rows one value.

    Attributes:
        number: the value; None for a category, or none at all.
        label: the category, or "missing"; empty for a number.
        mean: the mean score.
        lower: half of the rows move between this and `upper`, each from its own level.
        upper: see `lower`.
    """

    number: float | None
    label: str
    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """Which way the challenger's score goes with one feature: partial dependence.

    Attributes:
        feature: its name.
        kind: what its values are.
        of_class: of several classes the one whose probability moves most with it; None else.
        rows: how many rows were asked about.
        points: numbers in their order, categories the most frequent first, being missing last.
        direction: "rises", "falls", "rises and falls" or "does not move"; None for categories.
    """

    feature: str
    kind: ColumnKind
    of_class: str | None
    rows: int
    points: tuple[DependencePoint, ...]
    direction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """What changed rows do to the primary metric.

    Attributes:
        name: "nulls", "unit", "category", "noise" or "drift".
        change: what was done to the rows, one sentence.
        columns: the columns that were changed.
        loss: the challenger on the changed rows minus itself on the rows as they were; below zero is a loss.
        champion_loss: what the champion's figure lost, turned so that below zero is a loss; None without a champion.
        gain: challenger minus champion on the changed rows; None without a champion that can score them.
        skipped: why this stress says nothing about these rows; None when it does.
        problem: why it could not be measured; None when it was.
    """

    name: str
    change: str = ""
    columns: tuple[str, ...] = ()
    loss: Gain | None = None
    champion_loss: float | None = None
    gain: Gain | None = None
    skipped: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A past holdout, kept with what its champion reached on it.

    Attributes:
        run_id: the run that made that champion.
        rows: rows of that holdout.
        known_share: share of the scored rows that the challenger may have been trained on since.
        gain: the challenger on these rows minus the champion's floor; None when it was not measured.
        problem: why it was not measured; None when it was.
    """

    run_id: str
    rows: int = 0
    known_share: float | None = None
    gain: Gain | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFinding:
    """What a model says about a case that the YAML names.

    Attributes:
        name: as the YAML has it: the case's name, "monotone <column>" or "invariant <column>".
        measured: the score of a case; else the share of rows whose score moves as it must not.
        rows: how many rows it was measured on.
        worst: of a monotone or invariant one, the farthest that a row's score moved as it must not, as a share of the
            scores' spread.
        problem: why it could not be measured; None when it was.
    """

    name: str
    measured: float | None = None
    rows: int = 0
    worst: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Importances, stress, edge cases and past holdouts of challenger and champion.

    Attributes:
        has_champion: whether there is a champion to compare with.
        champion_problem: why the champion could not be measured; None when it could, or there is none.
        importances: what both models look at; None when the YAML asks for none.
        stresses: one entry a stress that the YAML leaves on.
        past_holdouts: past holdouts, the newest first.
        cases: one entry a case that the YAML names.
        dependences: which way the score goes with the leading features.
        spreads: how the leading features, and the values to be predicted, lie in train and beside it in the holdout.
        problem: why nothing could be measured; None when it was.
    """

    has_champion: bool = False
    champion_problem: str | None = None
    importances: Importances | None = None
    stresses: tuple[Stress, ...] = ()
    past_holdouts: tuple[Piece, ...] = ()
    cases: tuple[CaseFinding, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    spreads: tuple[Spread, ...] = ()
    problem: str | None = None
