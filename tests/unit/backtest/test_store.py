"""Parts on disk: whole, or not there."""

import numpy as np

from ratchet.backtest.store import Scores, Store, model_name
from ratchet.records.backtest import Loss, PastModel


def test_a_part_comes_back_as_it_was(tmp_path):
    store, model = Store(tmp_path), PastModel(period=3, problem=None, errors=(1.0,), quality=(None,))
    store.keep(model_name(3), model)
    assert store.find(model_name(3), PastModel) == model


def test_what_is_not_there_or_damaged_or_something_else_is_nothing(tmp_path):
    store = Store(tmp_path)
    assert store.find("loss", Loss) is None
    store.keep("loss", Loss(rows=3))
    assert store.find("loss", PastModel) is None
    (tmp_path / "loss.json").write_text('{"rows": 3')
    assert store.find("loss", Loss) is None


def test_predictions_come_back_with_their_gaps(tmp_path):
    scores = np.array([[0.25, 0.75], [np.nan, np.nan]])
    Store(tmp_path).keep_scores(0, Scores(judged=scores, served=scores + 1))
    found = Store(tmp_path).read_scores(0)
    assert np.array_equal(found.judged, scores, equal_nan=True)
    assert np.array_equal(found.served, scores + 1, equal_nan=True)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["0000.npz"]
