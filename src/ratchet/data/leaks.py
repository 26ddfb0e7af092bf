"""Find columns that know the answer: alone, as parts of it, by being missing, or known only afterwards."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

AFTERWARDS = re.compile(
    r"(^|[_ .-])(duration|outcome|final|actual|resolved|resolution|closed|settled|refunded|after)($|[_ .-])",
    re.IGNORECASE,
)
NEARLY_PERFECT = 0.95  # AUC for two classes; for classes and numbers the share explained that is left after guessing
NEARLY_EXPLAINED = 0.9
BINS = 64
ROWS_USED = 20_000
NEARLY_SUMMED = 0.999  # share explained from which a target counts as the sum of other columns
LEAST_WEIGHT = 0.005  # of a column in such a sum, as a share of the target's spread
ROWS_A_COLUMN = 10  # a sum of many columns fits a few rows by chance
Numbers = npt.NDArray[np.float64]


def comes_afterwards(name: str) -> bool:
    """Tell whether a column's name speaks of something that is known only when all is over."""
    return bool(AFTERWARDS.search(name))


def leak_of(column: pd.Series, target: Numbers, task: str) -> str | None:
    """Say why one column alone tells the target; None when it doesn't.

    The column's groups learn the target on every second row and are judged on the others, so that a column with
    many values gets no credit for remembering.
    """
    if task != "regression" and (why := _missing_tells(column.isna().to_numpy(), target)):
        return why
    power = _power(_group_codes(column), target, task)
    if task == "binary":
        return f"alone it ranks the target almost perfectly (AUC {power:.3f})" if power >= NEARLY_PERFECT else None
    return f"alone it explains {power:.0%} of the target" if power >= NEARLY_EXPLAINED else None


def parts_of(numbers: pd.DataFrame, target: Numbers) -> tuple[str, ...]:
    """Return the columns that the target is a weighted sum of; nothing where there is no such sum."""
    whole = np.isfinite(numbers.to_numpy()).all(axis=1) & np.isfinite(target)
    columns, answers = numbers.to_numpy()[whole], target[whole]
    spread = columns.std(axis=0) if len(columns) else np.zeros(columns.shape[1])
    if len(answers) < ROWS_A_COLUMN * max(1, columns.shape[1]) or not answers.std() or not spread.any():
        return ()
    centred, wanted = columns - columns.mean(axis=0), answers - answers.mean()
    weights = np.linalg.lstsq(centred, wanted, rcond=None)[0]
    error = float(((wanted - centred @ weights) ** 2).mean())
    if _left_after(error, float(wanted.var())) < NEARLY_SUMMED:
        return ()
    weighs = np.abs(weights) * spread / answers.std() > LEAST_WEIGHT
    return tuple(str(name) for name, is_part in zip(numbers.columns, weighs, strict=True) if is_part)


def _missing_tells(is_missing: npt.NDArray[np.bool_], target: Numbers) -> str | None:
    share = is_missing.mean()
    # A column that nearly always has a value, or hardly ever, agrees with a rare class by chance.
    if not 0.01 < share < 0.99:
        return None
    for label in np.unique(target):
        agreement = (is_missing == (target == label)).mean()
        if max(agreement, 1 - agreement) > 0.99:
            return "it is missing exactly where the target has one of its values"
    return None


def _group_codes(column: pd.Series) -> npt.NDArray[np.int64]:
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().sum() == column.notna().sum() and numbers.nunique() > BINS:
        codes = pd.qcut(numbers, BINS, labels=False, duplicates="drop").fillna(-1)
        return codes.to_numpy(dtype=np.int64)
    return pd.factorize(column)[0].astype(np.int64)


def _power(codes: npt.NDArray[np.int64], target: Numbers, task: str) -> float:
    learn, judge = slice(0, None, 2), slice(1, None, 2)
    learned = pd.Series(target[learn]).groupby(codes[learn])
    if task == "multiclass":
        usual = _mode(pd.Series(target[learn]))
        guessed = pd.Series(codes[judge]).map(learned.agg(_mode)).fillna(usual).to_numpy()
        return _left_after(float((guessed != target[judge]).mean()), float((target[judge] != usual).mean()))
    expected = pd.Series(codes[judge]).map(learned.mean()).fillna(float(target[learn].mean())).to_numpy()
    if task == "binary":
        auc = _auc(np.asarray(expected, dtype=np.float64), target[judge])
        return max(auc, 1 - auc)
    return _left_after(float(((target[judge] - expected) ** 2).mean()), float(target[judge].var()))


def _mode(values: pd.Series) -> float:
    return float(values.mode().iloc[0])


def _left_after(error: float, error_of_guessing: float) -> float:
    return 1 - error / error_of_guessing if error_of_guessing > 0 else 0.0


def _auc(scores: Numbers, labels: Numbers) -> float:
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    if not positives or not negatives:
        return 0.5
    ranks = pd.Series(scores).rank().to_numpy()
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))
