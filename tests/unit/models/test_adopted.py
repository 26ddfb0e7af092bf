"""Two models' classes are told apart by their names, or not at all."""

import pytest

from builders.training import make_task_config
from ratchet.errors import DataError
from ratchet.models.adopted import find_order


@pytest.mark.parametrize(
    ("target", "own", "order"),
    [
        ({"positive": "yes"}, ("0", "1"), [0, 1]),
        ({"positive": "yes"}, ("no", "yes"), [0, 1]),
        ({"positive": "good", "negative": "bad"}, ("bad", "good"), [0, 1]),
        ({"positive": "bad", "negative": "good"}, ("bad", "good"), [1, 0]),
        ({"positive": "2"}, ("1", "2"), [0, 1]),
        ({"positive": "1", "negative": "0"}, ("0", "1"), [0, 1]),
    ],
)
def test_two_classes_are_told_apart_by_their_names_or_as_codes(target, own, order):
    config = make_task_config("binary")
    changed = config.data.model_copy(update={"target": config.data.target.model_copy(update=target)})
    config = config.model_copy(update={"data": changed})
    assert find_order(config, config.data.target.names, own) == order


@pytest.mark.parametrize("own", [("good", "bad"), ("a", "b", "c"), ("yes",)])
def test_classes_of_another_model_are_refused(own):
    config = make_task_config("binary")
    with pytest.raises(DataError, match="it can't be told which is which"):
        find_order(config, config.data.target.names, own)
