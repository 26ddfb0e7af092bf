"""From features to what an estimator takes: everything here is learnt from training rows and stored in the pipeline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind

MAX_CODES = 255  # histogram boosting has as many bins for a category; the rarest values share one
UNSEEN, MISSING = -1, -2
MAX_COLUMNS = 100  # of one categorical feature in the linear models; with more values, it is target-encoded
MIN_ROWS = 10  # a value rarer than this has no column of its own there
FEWEST_VALUES = 10  # of a feature: one tenth of the rows has them all once in 10 ** 10 draws
ROWS_A_VALUE = 10_000  # and so many of more rows, as histogram boosting takes its bins from 200,000 of them
Step = tuple[str, object, list[str]]  # its name, what it does, and the features that it takes
FOLDS = 5  # a row's own target is not in its own target encoding
PARTS = ("days", "hour", "weekday", "day_of_year")
CYCLES = (24.0, 7.0, 365.25)  # of the parts after the first
NEGLIGIBLE = 1e-6  # of the largest singular value
WORDS, TOPICS = 2**14, 16  # columns of one text in the linear models, and for trees


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """The features that have values to learn from, by what becomes of them.

    Attributes:
        numbers: booleans among them.
        times: as days.
        texts: as they are.
        categories: how many different values each has.
    """

    numbers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    categories: Mapping[str, int] = field(default_factory=dict)

    def part(self, limit: int) -> tuple[list[str], list[str]]:
        """Return the categories with up to `limit` values, and those with more."""
        few = [name for name, count in self.categories.items() if count <= limit]
        return few, [name for name in self.categories if name not in few]


def usable_features(frame: pd.DataFrame, features: Mapping[str, ColumnKind]) -> Usable:
    """Return the features that have values to learn from.

    A column without a value has nothing to teach, and several estimators fail on it. One with a handful among many
    rows is as empty to an estimator that looks at a part of these: histogram boosting keeps a tenth to stop early.

    Raises:
        DataError: no feature has a value.
    """
    least = max(1, min(FEWEST_VALUES, len(frame) // 100), len(frame) // ROWS_A_VALUE)
    filled = {name: kind for name, kind in features.items() if _count_values(frame[name], kind) >= least}
    if not filled:
        raise DataError("no feature has a value in any training row; check `data.features` and the source")
    return Usable(
        numbers=tuple(name for name, kind in filled.items() if kind in (ColumnKind.NUMERIC, ColumnKind.BOOLEAN)),
        times=tuple(name for name, kind in filled.items() if kind == ColumnKind.DATETIME),
        texts=tuple(name for name, kind in filled.items() if kind == ColumnKind.TEXT),
        categories={name: frame[name].nunique() for name, kind in filled.items() if kind == ColumnKind.CATEGORICAL},
    )


def _count_values(column: pd.Series, kind: ColumnKind) -> int:
    return int(((column != "") if kind == ColumnKind.TEXT else column.notna()).sum())


def encode_as_codes(usable: Usable, max_codes: int, *, seed: int = 0) -> ColumnTransformer:
    """Prepare columns for trees: numbers as they are, then categories as codes; missing and unseen are NaN."""
    steps = _steps_for_trees(usable, seed)
    codes = _make_codes(max_codes, usable.categories.values())
    return _put_together([*steps, ("categories", codes, list(usable.categories))])


def encode_as_target_codes(usable: Usable, max_codes: int, *, classes: int, seed: int = 0) -> ColumnTransformer:
    """Prepare columns for trees; a category with more values than there are codes is target-encoded."""
    few, many = usable.part(MAX_CODES)
    steps = [*_steps_for_trees(usable, seed), ("targets", _encode_by_target(classes, seed), many)]
    codes = _make_codes(max_codes, (usable.categories[name] for name in few))
    return _put_together([*steps, ("categories", codes, few)])


def encode_as_whole_codes(usable: Usable, *, seed: int = 0) -> ColumnTransformer:
    """Prepare columns for CatBoost: a data frame, as each column has its own type; missing and unseen are below 0."""
    codes = OrdinalEncoder(
        dtype=np.int64, handle_unknown="use_encoded_value", unknown_value=UNSEEN, encoded_missing_value=MISSING
    )
    steps = [*_steps_for_trees(usable, seed), ("categories", codes, list(usable.categories))]
    return _put_together(steps).set_output(transform="pandas")


def encode_as_columns(usable: Usable, *, classes: int, seed: int = 0) -> ColumnTransformer:
    """Prepare columns for linear models: numbers filled, flagged and scaled, categories as one column a value.

    A category with more values than columns is target-encoded.
    """
    few, many = usable.part(MAX_COLUMNS)
    columns = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=MIN_ROWS, max_categories=MAX_COLUMNS)
    steps: list[Step] = [
        ("numbers", make_pipeline(*_fill_and_scale()), list(usable.numbers)),
        ("times", make_pipeline(Calendar(is_cyclic=True), *_fill_and_scale()), list(usable.times)),
        ("texts", Words(), list(usable.texts)),
        ("targets", make_pipeline(_encode_by_target(classes, seed), StandardScaler()), many),
        ("categories", columns, few),
    ]
    return _put_together(steps)


def list_columns(usable: Usable, *, has_target_codes: bool, classes: int) -> tuple[list[str], list[bool]]:
    """Return the feature that each column for trees is made from, and whether it holds categories.

    Args:
        usable: the features.
        has_target_codes: whether a category with many values is target-encoded; else such are codes as well.
        classes: of the target; 0 for a number.
    """
    few, many = usable.part(MAX_CODES) if has_target_codes else ([*usable.categories], [])
    plain, width_of_targets = [*usable.numbers], classes if classes > 2 else 1
    for names, width in ((usable.times, len(PARTS)), (usable.texts, TOPICS), (many, width_of_targets)):
        plain += [name for name in names for _ in range(width)]
    return [*plain, *few], [False] * len(plain) + [True] * len(few)


def columns_of(prepare: ColumnTransformer) -> list[str]:
    """Return the feature that each column of a fitted preparation for trees is made from."""
    found: list[str] = []
    for label, _, names in prepare.transformers_:
        place = prepare.output_indices_[label]
        found += [name for name in names for _ in range((place.stop - place.start) // len(names))]
    return found


def _put_together(steps: Sequence[Step]) -> ColumnTransformer:
    """Leave out what has no columns: each step makes a model's file larger."""
    # sparse wherever one step is: dense, a hundred columns a feature fill the memory
    return ColumnTransformer([(name, step, names) for name, step, names in steps if names], sparse_threshold=1.0)


def _steps_for_trees(usable: Usable, seed: int) -> list[Step]:
    return [
        ("numbers", "passthrough", list(usable.numbers)),
        ("times", Calendar(), list(usable.times)),
        ("texts", Words(topics=TOPICS, seed=seed), list(usable.texts)),
    ]


def _make_codes(max_codes: int, counts: Iterable[int]) -> OrdinalEncoder:
    limit = min(max_codes, MAX_CODES)
    return OrdinalEncoder(
        max_categories=limit if max(counts, default=0) >= limit else None,  # else it counts rows, slowly, for nothing
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )


def _encode_by_target(classes: int, seed: int) -> TargetEncoder:
    """Encode a training row by the targets of other rows: of its own it would learn to believe too much."""
    kind = {0: "continuous", 2: "binary"}.get(classes, "multiclass")
    return TargetEncoder(target_type=kind, cv=KFold(FOLDS, shuffle=True, random_state=seed))


def _fill_and_scale() -> tuple[SimpleImputer, StandardScaler]:
    return SimpleImputer(strategy="median", add_indicator=True), StandardScaler()


class Words(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Words and pairs of words by their hashes, rare ones count for more: nothing about a single word is stored."""

    def __init__(self, *, topics: int | None = None, seed: int = 0) -> None:
        """Ask for a column a hash, as linear models need them, or for a few numbers: words that come together."""
        self.topics = topics
        self.seed = seed

    def fit(self, texts: pd.DataFrame, _target: ArrayLike | None = None) -> Self:
        """Learn which words are rare, and which come together."""
        self.names_ = [str(name) for name in texts.columns]
        self.steps_ = [self._make().fit(texts[name]) for name in self.names_]
        self.widths_ = [_count_topics(step[-1]) if self.topics else WORDS for step in self.steps_]
        return self

    def transform(self, texts: pd.DataFrame) -> NDArray[np.float64] | sparse.csr_matrix:
        """Return a feature's columns side by side."""
        parts = [
            step.transform(texts[name])[:, :width]
            for name, step, width in zip(self.names_, self.steps_, self.widths_, strict=True)
        ]
        if self.topics is None:
            return sparse.hstack(parts, format="csr")
        return np.hstack([np.pad(part, ((0, 0), (0, self.topics - part.shape[1]))) for part in parts])

    def get_feature_names_out(self, _names: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return a name for each column."""
        return np.array(
            [f"{name} {place}" for name in self.names_ for place in range(self.topics or WORDS)], dtype=object
        )

    def _make(self) -> Pipeline:
        steps = [HashingVectorizer(n_features=WORDS, ngram_range=(1, 2)), TfidfTransformer()]
        return make_pipeline(*steps, *([TruncatedSVD(self.topics, random_state=self.seed)] if self.topics else []))


def _count_topics(svd: TruncatedSVD) -> int:
    """Count the topics that texts really have: the others are rounding errors, in which trees would see an order."""
    return int(np.count_nonzero(svd.singular_values_ > NEGLIGIBLE * svd.singular_values_.max()))


class Calendar(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Days since 1970 as days, hour, weekday and day of the year; a feature's columns stand side by side."""

    def __init__(self, *, is_cyclic: bool = False) -> None:
        """Ask for sine and cosine of the parts that come round, as linear models need them, or for the parts."""
        self.is_cyclic = is_cyclic

    def fit(self, days: pd.DataFrame, _target: ArrayLike | None = None) -> Self:
        """Learn nothing but the names."""
        self.names_ = [str(name) for name in days.columns]
        return self

    def transform(self, days: pd.DataFrame) -> NDArray[np.float64]:
        """Return the columns; of a missing time all of them are missing."""
        blocks = [self._expand(days[name].to_numpy(dtype=np.float64)) for name in self.names_]
        return np.hstack(blocks) if blocks else np.empty((len(days), 0))

    def get_feature_names_out(self, _names: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return a name for each column."""
        turns = [f"{way} {part}" for part in PARTS[1:] for way in ("sin", "cos")]
        parts: Sequence[str] = (PARTS[0], *turns) if self.is_cyclic else PARTS
        return np.array([f"{name} {part}" for name in self.names_ for part in parts], dtype=object)

    def _expand(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = np.floor(days)
        dates = np.where(np.isnan(days), 0, whole).astype("datetime64[D]")
        day_of_year = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64)
        weekday = np.mod(whole + 3, 7)  # 1 January 1970 was a Thursday, Monday is 0
        parts = ((days - whole) * 24, weekday, np.where(np.isnan(days), np.nan, day_of_year))
        if not self.is_cyclic:
            return np.column_stack([days, *parts])
        turns = [part * (2 * np.pi / cycle) for part, cycle in zip(parts, CYCLES, strict=True)]
        return np.column_stack([days, *(wave(turn) for turn in turns for wave in (np.sin, np.cos))])
