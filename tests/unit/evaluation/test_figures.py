"""What a policy may look at."""

import numpy as np
import pytest

from builders.judgements import make_labels, make_scored, make_scores
from builders.training import make_task_config
from ratchet.evaluation.comparison import Scored
from ratchet.evaluation.figures import measure_figures
from ratchet.metrics.registry import metrics_of


def test_every_metric_of_the_task_is_there_with_the_time() -> None:
    config, labels = make_task_config("binary"), make_labels()
    import pandas as pd

    scored = make_scored(config, make_scores(labels), pd.DataFrame(index=range(len(labels))))
    figures = {each.name: each for each in measure_figures(config, labels, scored, 0.2)}
    assert set(figures) == {*metrics_of("binary"), "score_ms"}
    assert figures["score_ms"].value == pytest.approx(500.0)
    assert figures["log_loss"].is_smaller_better
    assert not figures["roc_auc"].is_smaller_better
    assert all(each.value is not None for each in figures.values())


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_what_can_not_be_measured_is_none(rows: int) -> None:
    config = make_task_config("binary")
    constant = Scored(scores=np.full(rows, 0.3), decisions=np.zeros(rows))
    figures = {each.name: each.value for each in measure_figures(config, np.zeros(rows), constant, 0.1)}
    assert figures["roc_auc"] is None
    assert (figures["score_ms"] is None) == (rows == 0)


def test_values_are_plain_numbers() -> None:
    values = np.array([1.0, 2.0, 3.0])
    figures = measure_figures(make_task_config("regression"), values, Scored(scores=values + 1), 0.1)
    assert {type(figure.value) for figure in figures} == {float}
