"""Suspicions about a raw table's columns, for a person who writes a model's YAML: with little data and no split yet."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ratchet.errors import list_names
from ratchet.evaluation.leakage.alone import RARE
from ratchet.evaluation.leakage.evidence import AFTERWARDS_ODDS, Sign, lower, read_name
from ratchet.evaluation.leakage.material import Bools, Floats, Ints
from ratchet.evaluation.leakage.questions import BINS, area, cut, find_edges, learn_rates
from ratchet.evaluation.leakage.sums import find_parts
from ratchet.metrics.metric import Task
from ratchet.records.columns import ColumnKind

# Stricter or laxer than an audit's limits does no harm here: each suspicion is a comment that a person decides on.
NEARLY_PERFECT = 0.95  # roc_auc for two classes
NEARLY_EXPLAINED = 0.9  # for classes and numbers the share of the error that is not left
LITTLE_DOUBT = 0.01  # rows of the overall rate added to each bin: as good as none
AGREEMENT = 0.99  # of being empty with one of the target's values


def find_suspicions(rows: pd.DataFrame, kinds: Mapping[str, ColumnKind], answers: Floats, task: Task) -> dict[str, str]:
    """Return why a column seems to know the answer, for each that does.

    Args:
        rows: values as text or numbers, missing ones as such.
        kinds: the columns that may be features, and their types.
        answers: codes of the target's values, or numbers for a regression.
        task: binary, multiclass or regression.
    """
    found = {name: why for name in kinds if (why := _suspect(rows[name], answers, task))}
    return found | _suspect_sum(rows, kinds, answers) if task == "regression" else found


def _suspect_sum(rows: pd.DataFrame, kinds: Mapping[str, ColumnKind], answers: Floats) -> dict[str, str]:
    numeric = [name for name, kind in kinds.items() if kind == "numeric"]
    if not numeric:
        return {}
    parts = [numeric[place] for place in find_parts(rows[numeric].to_numpy(dtype=np.float64), answers)]
    return {name: f"{_sum_of(parts)} is the target" for name in parts}


def _sum_of(names: Sequence[str]) -> str:
    return f"a weighted sum of {list_names(names)}" if len(names) > 1 else f"a multiple of {names[0]}"


def _suspect(column: pd.Series, answers: Floats, task: Task) -> str | None:
    if task != "regression" and (why := _missing_tells(column.isna().to_numpy(), answers)):
        return why
    power = measure_power(_codes_of(column), answers, task)
    is_named = read_name(str(column.name)) == "afterwards"
    why = _suspect_power(power, task, is_named=is_named)
    return f"{why}, and its name says that it is known only afterwards" if why and is_named else why


def _suspect_power(power: float, task: Task, *, is_named: bool) -> str | None:
    """A name alone is no suspicion: `duration` may be the term of a contract. It lowers what values may say."""
    signs = [Sign(says="its name", weight=AFTERWARDS_ODDS)] if is_named else []
    if task == "binary":
        is_strong = power >= lower(NEARLY_PERFECT, signs)
        return (
            f"alone it ranks the target {'too well' if is_named else 'almost perfectly'} (AUC {power:.3f})"
            if is_strong
            else None
        )
    return f"alone it explains {power:.0%} of the target" if power >= lower(NEARLY_EXPLAINED, signs) else None


def ask_about_names(names: Sequence[str]) -> dict[str, str]:
    """Return a question about each name that speaks of something known only when all is over."""
    return {
        name: f"is `{name}` known when the prediction is made, or only when all is over? leave it out then"
        for name in names
        if read_name(name) == "afterwards"
    }


def _missing_tells(is_missing: Bools, answers: Floats) -> str | None:
    # A column that nearly always has a value, or hardly ever, agrees with a rare class by chance.
    if not RARE < is_missing.mean() < 1 - RARE:
        return None
    for label in np.unique(answers):
        agreement = (is_missing == (answers == label)).mean()
        if max(agreement, 1 - agreement) > AGREEMENT:
            return "it is missing exactly where the target has one of its values"
    return None


def _codes_of(column: pd.Series) -> Ints:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isfinite(numbers).sum() == column.notna().sum() and len(np.unique(numbers)) > BINS:
        return cut(numbers, find_edges(numbers))
    return np.asarray(pd.factorize(column)[0] + 1, dtype=np.int64)


def measure_power(codes: Ints, answers: Floats, task: Task) -> float:
    """Return how well groups that learn the answer on every second row know it on the others.

    A column with many values gets no credit for remembering. For two classes the area under the ROC curve, else the
    share of the error of guessing that is not left.
    """
    learn, judge = slice(0, None, 2), slice(1, None, 2)
    if len(codes) < 2:
        return 0.5 if task == "binary" else 0.0
    if task == "multiclass":
        return _power_for_classes(codes, answers, learn, judge)
    expected = learn_rates(codes[learn], answers[learn][:, None], doubt=LITTLE_DOUBT)(codes[judge])[:, 0]
    if task == "binary":
        return area(expected, answers[judge])
    return _left_after(float(((answers[judge] - expected) ** 2).mean()), float(answers[judge].var()))


def _power_for_classes(codes: Ints, answers: Floats, learn: slice, judge: slice) -> float:
    classes = np.unique(answers)
    learnt = (answers[learn][:, None] == classes[None, :]).astype(np.float64)
    guessed = classes[learn_rates(codes[learn], learnt)(codes[judge]).argmax(axis=1)]
    most_frequent = classes[learnt.sum(axis=0).argmax()]
    return _left_after(float((guessed != answers[judge]).mean()), float((answers[judge] != most_frequent).mean()))


def _left_after(error: float, error_of_guessing: float) -> float:
    return 1 - error / error_of_guessing if error_of_guessing > 0 else 0.0
