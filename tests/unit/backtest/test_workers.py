"""Parts are done in their order, and a replay knows what it is of."""

import pytest

from ratchet.backtest.workers import Workers, open_history
from ratchet.errors import ArtifactError


def test_one_process_does_parts_in_turn_and_tells_each():
    told = []
    with Workers(1) as workers:
        found = workers.do(divmod, [(7, 2), (9, 4)], lambda: told.append(len(told)))
    assert found == [(3, 1), (2, 1)]
    assert told == [0, 1]


def test_the_first_error_ends_it():
    told = []
    with Workers(1) as workers, pytest.raises(ZeroDivisionError):
        workers.do(divmod, [(7, 2), (1, 0), (9, 4)], lambda: told.append(1))
    assert told == [1]


def test_a_folder_without_a_job_is_a_sentence(tmp_path):
    with pytest.raises(ArtifactError, match="the replay's job is missing or damaged"):
        open_history(str(tmp_path))
