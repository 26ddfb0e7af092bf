"""A quick model of some of the columns: what they know together."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata
from xgboost import DMatrix, train

from ratchet.evaluation.leakage.material import Floats, Ints, Material, Side, ask_questions

FIT_ROWS = 8_000  # more rows and rounds change no finding on the known sets, and take the time of a candidate
ROUNDS = 40
ROUNDS_OF_MANY = 15  # each round is a tree a class
MOST_CODES = 64  # a category of more values is a number to the trees: splitting it each time costs more than it gives


def fit_and_score(
    material: Material, columns: Sequence[str], fitted: Ints, sides: Sequence[tuple[Side, Ints]]
) -> list[Floats]:
    """Fit on some training rows, and score rows of other parts: a column a question."""
    if not columns:
        return [np.zeros((len(chosen), _count(material))) for _, chosen in sides]
    kinds = ["c" if _is_code(material, name) else "q" for name in columns]

    def matrix(side: Side, chosen: Ints, label: Floats | None = None) -> DMatrix:
        values = np.column_stack([side.values[name][chosen].astype(np.float32) for name in columns])
        return DMatrix(values, label=label, feature_types=kinds, enable_categorical=True, nthread=1)

    settings, wanted, rounds = _describe(material, material.train.labels[fitted])
    model = train(settings, matrix(material.train, fitted, wanted), num_boost_round=rounds)
    return [_as_questions(material, model.predict(matrix(side, chosen))) for side, chosen in sides]


def _count(material: Material) -> int:
    return int(ask_questions(material.train.labels[:1], material.train.labels, material.classes).shape[1])


def _is_code(material: Material, name: str) -> bool:
    codes = material.train.values[name]
    return material.is_category(name) and float(np.nanmax(codes, initial=0.0)) < MOST_CODES


def _describe(material: Material, labels: Floats) -> tuple[dict[str, object], Floats, int]:
    settings: dict[str, object] = {
        "tree_method": "hist", "max_depth": 5, "eta": 0.2, "max_bin": 64, "nthread": 1,
        "seed": material.seed % 2**31, "verbosity": 0,
    }  # fmt: skip
    if material.classes == 2:
        return settings | {"objective": "binary:logistic"}, labels, ROUNDS
    if material.classes:
        rounds = ROUNDS if material.classes <= 3 else ROUNDS_OF_MANY
        return settings | {"objective": "multi:softprob", "num_class": material.classes}, labels, rounds
    # Ranks: one huge value must not be all that is learnt.
    return settings | {"objective": "reg:squarederror"}, rankdata(labels) / max(len(labels), 1), ROUNDS


def _as_questions(material: Material, scores: Floats) -> Floats:
    if material.classes > 2:
        frequent = np.argsort(-np.bincount(material.train.labels.astype(np.int64), minlength=material.classes))
        scores = scores.reshape(-1, material.classes)  # of no rows they have another shape
        return np.asarray(scores[:, frequent[: _count(material)]], dtype=np.float64)
    return np.repeat(np.asarray(scores, dtype=np.float64)[:, None], _count(material), axis=1)
