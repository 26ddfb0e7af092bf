import threading
import time

import pytest

from ratchet.models.in_threads import map_in_order


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
