"""What the inputs let expect of rows after a change, by what they meant before it."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.config.model import ModelConfig
from ratchet.errors import DataError, TrainingError
from ratchet.models.candidates import estimator_errors
from ratchet.models.catalogue import SEED_LIMIT
from ratchet.models.encoding import MAX_CODES, encode_as_codes, list_columns, usable_features
from ratchet.models.labels import Floats
from ratchet.models.preprocessing import as_features

NEAREST = 4_000  # rows on each side: what inputs meant long before is not asked
TREES = 60


def expect_share(older: pd.DataFrame, hits: Floats, newer: pd.DataFrame, config: ModelConfig) -> float | None:
    """Learn from the rows before a change which have a label, and return the share that this lets expect after it.

    Returns:
        The share; None where the rows before can't be learnt.
    """
    if not 0 < hits.mean() < 1:
        return None
    try:
        features, asked = (as_features(each, config.data.features) for each in (older, newer))
        usable, seed = usable_features(features, config.data.features), config.schedule.seed % SEED_LIMIT
        _, is_category = list_columns(usable, has_target_codes=False, classes=2)
        prepare = encode_as_codes(usable, MAX_CODES, seed=seed)
        model = HistGradientBoostingClassifier(
            max_iter=TREES, early_stopping=False, categorical_features=is_category, random_state=seed
        )
        with threadpool_limits(limits=1), estimator_errors():
            model.fit(prepare.fit_transform(features), hits)
            return float(np.mean(model.predict_proba(prepare.transform(asked))[:, 1]))
    except (DataError, TrainingError):
        return None
