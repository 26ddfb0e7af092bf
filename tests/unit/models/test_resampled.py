import numpy as np
import pandas as pd
import pytest

from builders.training import make_mixed_rows, make_spec, make_task_config
from ratchet.models.fitting import fit_candidate
from ratchet.models.resampled import resample_rows
from ratchet.models.scoring import score_rows

FRAME = pd.DataFrame({"place": range(100)})
LABELS = (np.arange(100) % 10 == 0).astype(float)


@pytest.mark.parametrize(("ratio", "negatives"), [(1, 10), (2.5, 25), (9, 90), (50, 90), (0.01, 1)])
def test_every_positive_and_some_negatives_are_kept_in_their_order(ratio: float, negatives: int) -> None:
    spec = make_spec(resample={"negatives_per_positive": ratio})
    frame, labels = resample_rows(spec, FRAME, LABELS, seed=1)
    assert (labels.sum(), len(labels) - labels.sum()) == (10, negatives)
    assert frame["place"].is_monotonic_increasing
    assert (LABELS[frame["place"]] == labels).all()


def test_the_seed_decides_which() -> None:
    spec = make_spec(resample={"negatives_per_positive": 2})
    one, same, other = (resample_rows(spec, FRAME, LABELS, seed=seed)[0]["place"].tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_without_resampling_everything_is_kept() -> None:
    frame, labels = resample_rows(make_spec(), FRAME, LABELS, seed=1)
    assert frame is FRAME
    assert labels is LABELS


def test_resampling_moves_the_mean_prediction() -> None:
    rows, config = make_mixed_rows("binary", 3000), make_task_config("binary")
    rows = rows[(rows["bought"] == 0) | (np.arange(3000) % 8 == 0)]
    means = []
    for changes in ({}, {"resample": {"negatives_per_positive": 1}}, {"parameters": {"class_weight": "balanced"}}):
        fitted = fit_candidate(make_spec(**changes), rows, config, classes=("no", "yes"), seed=1, threads=1)
        means.append(score_rows(fitted, rows, config).mean())
    assert means[0] == pytest.approx(rows["bought"].mean(), abs=0.01)
    assert min(means[1:]) > means[0] + 0.1
