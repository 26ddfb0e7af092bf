"""How many rows each known label stands for, so that open labels are made up for by those like them.

A label that came by an age of which only 80 % of its kind had come stands for 1 / 0.8 rows: inverse probability
weights (Horvitz and Thompson 1952). The kind is what delays hang on: the class or, of a number, its quarter, and the
decision where rows suffice.
"""

import numpy as np

from ratchet.evaluation.metrics import Floats
from ratchet.evaluation.production.delays import measure_arrival_of_known
from ratchet.evaluation.production.maturity import Maturity
from ratchet.evaluation.production.rows import Codes, Production

ENOUGH = 200  # labels of a kind; of fewer the share is not known to a few per cent
QUARTERS = (0.25, 0.5, 0.75)
LEAST_SHARE = 0.05  # no label stands for more than twenty rows


def weigh_labels(rows: Production, maturity: Maturity) -> Floats:
    """Return for each row how many its label stands for; 0 while it is open."""
    is_known = rows.is_known
    weights = is_known.astype(np.float64)
    if rows.delays is None:
        return weights
    ages = maturity.ages(rows)
    is_learnt = is_known & (rows.delays <= ages)
    kinds = find_kinds(rows)
    for kind in np.unique(kinds[is_learnt]):
        members = kinds == kind
        learnt = members & is_learnt
        curve = measure_arrival_of_known(rows.delays[learnt], ages[learnt])
        share = curve.at(ages[members])
        weights[members] = np.where(share > 0, 1 / np.maximum(share, LEAST_SHARE), 1.0) * is_known[members]
    return weights


def find_kinds(rows: Production) -> Codes:
    """Return which labels are alike, as codes: by class and decision where these have enough; -1 if open."""
    classes = _find_classes(rows)
    kinds = _keep_frequent(classes, np.zeros_like(classes))
    if rows.decisions is not None:
        both = np.where(classes < 0, -1, classes * (int(rows.decisions.max(initial=0)) + 1) + rows.decisions)
        kinds = _keep_frequent(both.astype(np.intp), kinds)
    return kinds


def _find_classes(rows: Production) -> Codes:
    """Return the class of each label, of a number its quarter; -1 while it is open."""
    labels = rows.labels
    if rows.decisions is None:
        labels = np.searchsorted(np.quantile(labels[rows.is_known], QUARTERS), labels).astype(np.float64)
    return np.where(rows.is_known, np.nan_to_num(labels), -1).astype(np.intp)


def _keep_frequent(fine: Codes, coarse: Codes) -> Codes:
    """Return the finer kind, made different from every coarser one, where it has enough labels."""
    counts = np.bincount(np.maximum(fine, 0), weights=fine >= 0)
    is_frequent = (fine >= 0) & (counts[np.maximum(fine, 0)] >= ENOUGH)
    return np.where(fine < 0, -1, np.where(is_frequent, fine + coarse.max(initial=0) + 1, coarse)).astype(np.intp)
