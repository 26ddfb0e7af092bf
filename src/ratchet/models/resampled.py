"""Fit on all positives and some negatives: quicker and, where positives are rare, no worse in telling rows apart."""

import numpy as np
import pandas as pd

from ratchet.config.training import CandidateSpec
from ratchet.models.labels import Floats


def resample_rows(
    spec: CandidateSpec, frame: pd.DataFrame, labels: Floats, *, seed: int
) -> tuple[pd.DataFrame, Floats]:
    """Keep every positive and, drawn without replacement, as many negatives as the candidate asks for.

    Rows keep their order. Where there are no more negatives than that, everything is kept.
    """
    if spec.resample is None:
        return frame, labels
    negatives = np.flatnonzero(labels == 0)
    wanted = round(spec.resample.negatives_per_positive * (len(labels) - len(negatives)))
    if wanted >= len(negatives):
        return frame, labels
    drawn = np.random.default_rng(seed).choice(negatives, size=max(wanted, 1), replace=False)
    kept = np.sort(np.concatenate([drawn, np.flatnonzero(labels != 0)]))
    return frame.iloc[kept], labels[kept]
