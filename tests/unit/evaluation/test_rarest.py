"""Which class limits what rows can show."""

import numpy as np
import pytest

from builders.runs import make_config
from ratchet.evaluation.rarest import UNNAMED, ClassNames

NAMES = ("ant", "bee", "cat")
LABELS = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize(("classes", "absent", "count"), [(0, True, None), (2, True, 1), (3, True, 0), (3, False, 1)])
def test_the_rarest_class_is_counted(classes, absent, count):
    found = UNNAMED.find_rarest(LABELS, classes, absent_count=absent)
    assert (found.rows, found.name) == (count, None)


@pytest.mark.parametrize(
    ("spared", "rows", "name"),
    [
        ((), 0, "cat"),
        (("cat",), 1, "bee"),
        (("bee",), 0, "cat"),
        (("no class",), 0, "cat"),
        (("cat", "bee"), 2, "ant"),
        (NAMES, 3, None),
    ],
)
def test_classes_that_are_called_rare_are_not_waited_for(spared, rows, name):
    found = ClassNames(names=NAMES, spared=spared).find_rarest(LABELS, 3, absent_count=True)
    assert (found.rows, found.name) == (rows, name)


def test_of_two_classes_both_are_waited_for():
    assert ClassNames.of(make_config(), ("no", "yes")) == UNNAMED
    several = make_config(
        task="multiclass", data={"target": {"column": "bought"}}, evaluation={"rare_classes": ["cat"]}
    )
    assert ClassNames.of(several, NAMES) == ClassNames(names=NAMES, spared=("cat",))
