"""A pickle may name what a model is made of, and a process that reads one is stopped, poor and alone."""

import collections
import pickle
import socket
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from builders.adopted import ENDLESS, HUGE, fit_forest, make_arrival, make_pickle_that_runs
from ratchet.artifacts.files import adapter_of
from ratchet.errors import ArtifactError
from ratchet.models.adopting import Arrival
from ratchet.models.quarantine import Escaped, models_only, read_in_quarantine


def read(arrival: Arrival, *, seconds: float = 60.0) -> str | Escaped:
    folder = arrival.run.home / "between"
    folder.mkdir()
    job = adapter_of(Arrival).dump_json(arrival).decode()
    return read_in_quarantine(job, folder, limit=timedelta(seconds=seconds), threads=1)


def find_children() -> set[str]:
    return {each for path in Path("/proc/self/task").glob("*/children") for each in path.read_text().split()}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("posix", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("sklearn.datasets", "fetch_openml"),  # a function, not a type
        ("sklearn.utils.validation", "warnings"),  # something else, seen through scikit-learn
        ("sklearn.utils.validation", "warnings.sys"),
        ("numpy", "load"),
        ("numpy", "memmap"),
        ("sklearnish", "Model"),
        ("joblib.numpy_pickle", "load"),
    ],
)
def test_a_pickle_may_not_name_what_no_model_is_made_of(module, name):
    with models_only(frozenset()), pytest.raises(ArtifactError, match=f"needs {module}.{name}, which is none"):
        pickle.loads(make_pickle_that_runs(module, name, "1"))


def test_a_pickle_may_name_known_types_and_numbers_functions():
    known = [np.arange(3.0), np.float32(1), np.dtype("int64"), collections.OrderedDict(a={1, 2}), np.log1p]
    with models_only(frozenset({"collections.OrderedDict"})):
        again = pickle.loads(pickle.dumps(known))
    assert again[3:] == known[3:]


def test_what_a_known_type_does_while_it_is_read_is_watched(tmp_path):
    with models_only(frozenset()):
        with pytest.raises(ArtifactError, match=r"does `socket.__new__` while it is read"):
            socket.socket()
        with pytest.raises(ArtifactError, match=r"does `open` while it is read"):
            (tmp_path / "new").write_text("x")
        assert Path(__file__).read_bytes()
    (tmp_path / "new").write_text("x")


def test_a_model_is_read_in_a_process_of_its_own(tmp_path):
    arrival = make_arrival(tmp_path, fit_forest)
    before = find_children()
    assert '"problem":null' in read(arrival)
    assert sorted(path.name for path in (tmp_path / "between").iterdir()) == ["answer.json", "job.json", "model.skops"]
    assert find_children() <= before


def test_a_process_that_does_not_end_is_ended(tmp_path):
    before = find_children()
    assert read(make_arrival(tmp_path, content=ENDLESS), seconds=12) == Escaped("took longer than 12 s to read")
    assert find_children() <= before


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_a_file_that_wants_all_memory_gets_none(tmp_path):
    assert '"problem":"takes more memory than a model may"' in read(make_arrival(tmp_path, content=HUGE))
