import numpy as np
import pandas as pd
import pytest

from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.records.decision import SegmentThreshold, Thresholds

FRAME = pd.DataFrame({"floor": [1.0, None, 2.0]})
SCORES = np.array([0.5, 0.49, 0.9])


def test_a_row_at_the_threshold_is_positive() -> None:
    decided = decide_classes("binary", SCORES, FRAME, HALF)
    assert decided is not None
    assert decided.tolist() == [1.0, 0.0, 1.0]


def test_a_row_of_a_segment_has_the_segments_threshold() -> None:
    by_floor = Thresholds(overall=0.4, column="floor", segments=(SegmentThreshold(value="1", threshold=0.6),))
    decided = decide_classes("binary", SCORES, FRAME, by_floor)
    assert decided is not None
    assert decided.tolist() == [0.0, 1.0, 1.0]


def test_of_several_classes_the_most_probable_is_taken() -> None:
    decided = decide_classes("multiclass", np.array([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]]), FRAME)
    assert decided is not None
    assert decided.tolist() == [2.0, 0.0]


@pytest.mark.parametrize("thresholds", [HALF, Thresholds(overall=0.1)])
def test_a_regression_decides_nothing(thresholds: Thresholds) -> None:
    assert decide_classes("regression", SCORES, FRAME, thresholds) is None
