"""How many rows each known label stands for, so that open labels are made up for by those like them.

A label that came by an age by which only 80 % of its kind had come stands for 1 / 0.8 rows: inverse probability
weights (Horvitz and Thompson 1952). The kind is what delays hang on: the class or, of a number, its quarter, and the
decision and segment where rows suffice.
"""

from collections.abc import Sequence

import numpy as np

from ratchet.evaluation.production.delays import measure_arrival_of_known
from ratchet.evaluation.production.maturity import ENOUGH_OF_CLASS, Maturity
from ratchet.evaluation.production.rows import Codes, Production, SegmentColumn
from ratchet.metrics.arrays import Floats

ENOUGH = 200  # labels of a decision or segment; of fewer the share is not known to a few per cent
LEAST_SHARE = 0.05  # no label stands for more than twenty rows


def weigh_labels(rows: Production, maturity: Maturity, segments: Sequence[SegmentColumn] = ()) -> Floats:
    """Return for each row how many its label stands for; 0 while it is open.

    Args:
        rows: of the whole history.
        maturity: how old they are.
        segments: columns that delays may hang on, of the same rows.
    """
    is_known = rows.is_known
    weights = is_known.astype(np.float64)
    if rows.delays is None:
        return weights
    ages = maturity.ages(rows)
    is_learnt = is_known & (rows.delays <= ages)
    kinds = find_kinds(rows, segments)
    for kind in np.unique(kinds[is_learnt]):
        members = kinds == kind
        learnt = members & is_learnt
        curve = measure_arrival_of_known(rows.delays[learnt], ages[learnt])
        share = curve.at(ages[members])
        weights[members] = np.where(share > 0, 1 / np.maximum(share, LEAST_SHARE), 1.0) * is_known[members]
    return weights


def find_kinds(rows: Production, segments: Sequence[SegmentColumn] = ()) -> Codes:
    """Return which labels are alike, as codes; -1 while open.

    Labels of one class are, and of these those of one decision and then of one segment, where they are enough.
    """
    fine = rows.classes
    kinds = _keep_frequent(fine, np.zeros_like(fine), ENOUGH_OF_CLASS)
    decided = () if rows.decisions is None else (rows.decisions.astype(np.intp),)
    for codes in (*decided, *(column.codes + 1 for column in segments)):
        fine = np.where(fine < 0, -1, fine * (int(codes.max(initial=0)) + 1) + codes)
        fine = np.where(fine < 0, -1, np.unique(fine, return_inverse=True)[1]).astype(np.intp)  # keeps codes small
        kinds = _keep_frequent(fine, kinds, ENOUGH)
    return kinds


def _keep_frequent(fine: Codes, coarse: Codes, enough: int) -> Codes:
    """Return the finer kind, made different from every coarser one, where it has enough labels."""
    counts = np.bincount(np.maximum(fine, 0), weights=fine >= 0)
    is_frequent = (fine >= 0) & (counts[np.maximum(fine, 0)] >= enough)
    return np.where(fine < 0, -1, np.where(is_frequent, fine + coarse.max(initial=0) + 1, coarse)).astype(np.intp)
