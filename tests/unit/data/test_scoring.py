import threading
import time

import numpy as np
import pyarrow as pa
import pytest

from ratchet.data.schemas import predictions_schema
from ratchet.data.scoring import make_predictions, map_in_order


def test_results_come_in_order_and_from_several_threads():
    seen = set()

    def work(item):
        seen.add(threading.get_ident())
        time.sleep(0.01 if item % 2 else 0.03)
        return item * 2

    assert list(map_in_order(work, range(8), 2)) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert len(seen) == 2


def test_no_more_is_taken_than_is_worked_on():
    taken = []

    def items():
        for item in range(20):
            taken.append(item)
            yield item

    results = map_in_order(lambda item: item, items(), 2)
    assert next(results) == 0
    assert len(taken) == 3
    results.close()
    assert len(taken) == 3


def test_an_error_ends_the_stream():
    def work(item):
        if item == 2:
            raise ValueError("no")
        return item

    results = map_in_order(work, range(10), 2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="no"):
        next(results)


@pytest.mark.parametrize(
    ("task", "scores", "score"),
    [("binary", [0.25, 0.75], [0.25, 0.75]), ("multiclass", [[0.2, 0.8], [0.6, 0.4]], [0.8, 0.6])],
)
def test_rows_get_their_scores_and_what_all_of_them_share(task, scores, score):
    schema = predictions_schema(task, has_clock=False)
    columns = {
        "prediction_id": pa.array(["x", "y"]),
        "entity": pa.nulls(2, pa.string()),
        "row": pa.array([3, 4], pa.int64()),
        "feature_hash": pa.array(["a", "b"]),
        "decision": pa.array(["no", "yes"]).dictionary_encode(),
    }
    constants = {"model": "sales", "model_version": 7, "latency_ms": 1.5, "run_id": "one"}
    rows = make_predictions(schema, np.array(scores), columns, constants).to_pydict()
    assert rows["score"] == score
    assert rows.get("scores", scores) == scores
    assert (rows["model"], rows["model_version"], rows["row"]) == (["sales", "sales"], [7, 7], [3, 4])
