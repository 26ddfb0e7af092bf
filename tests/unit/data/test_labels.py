import pyarrow as pa
import pytest

from builders.runs import make_config
from builders.tables import make_chunk
from ratchet.config.data import Target
from ratchet.data.labels import Labels, name_labels
from ratchet.errors import DataError

YES_NO = Target(column="bought", positive="yes", negative="no")
YES = Target(column="bought", positive="yes")


def _read(labels: Labels, *values: object) -> list[object]:
    read: list[object] = labels.read(make_chunk(list(values), name="bought")).to_pylist()
    return read


def test_binary_labels_are_one_for_the_positive_value() -> None:
    assert _read(Labels(YES_NO, "binary", ("",)), "yes", " no ", "") == [1, 0, None]


def test_without_a_negative_value_any_other_is_negative() -> None:
    labels = Labels(YES, "binary", ())
    assert _read(labels, "yes", "later", "no") == [1, 0, 0]
    labels.verify_classes()


def test_a_third_class_is_refused_where_both_are_named() -> None:
    with pytest.raises(DataError, match="row 2: target 'bought' is 'later', neither 'yes' nor 'no'"):
        _read(Labels(YES_NO, "binary", ()), "yes", "later")


@pytest.mark.parametrize(
    "classes", [{"positive": "bought", "negative": "left"}, {"positive": "left", "negative": "bought"}]
)
def test_a_class_may_be_called_like_its_column(classes: dict[str, str]) -> None:
    labels = Labels(Target(column="bought", **classes), "binary", ())
    assert _read(labels, classes["positive"], classes["negative"]) == [1, 0]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_label_that_is_its_column_s_name_is_a_repeated_header(task: str) -> None:
    with pytest.raises(DataError, match="row 2: target 'bought' holds its own name"):
        _read(Labels(YES, task, ()), "yes", "bought")  # type: ignore[arg-type]


def test_multiclass_labels_stay_texts_and_regression_labels_become_numbers() -> None:
    target = make_config().data.target
    assert _read(Labels(target, "multiclass", ()), "a", "b") == ["a", "b"]
    assert _read(Labels(target, "regression", ()), "1", "2.5") == [1.0, 2.5]


@pytest.mark.parametrize(
    ("task", "values", "words"),
    [
        ("binary", ["yes", "yes"], "every row is 'yes'"),
        ("binary", ["no"], "no row has the positive value 'yes'.*values found: 'no'"),
        ("binary", [], "values found: none"),
        ("multiclass", ["a"], "every row is 'a'"),
        ("regression", ["1", "1.0"], "every row has the value 1"),
    ],
)
def test_a_target_with_one_value_is_refused(task: str, values: list[str], words: str) -> None:
    labels = Labels(YES, task, ())  # type: ignore[arg-type]
    if values:
        _read(labels, *values)
    with pytest.raises(DataError, match=words):
        labels.verify_classes()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_two_values_are_enough(task: str) -> None:
    labels = Labels(Target(column="bought", positive="1"), task, ())  # type: ignore[arg-type]
    _read(labels, "1")
    _read(labels, "0")
    labels.verify_classes()


def test_one_lost_label_in_twenty_is_left_out_and_counted() -> None:
    labels = Labels(YES, "binary", ("",))
    _read(labels, *["yes"] * 19, "")
    labels.verify_known(0.05)
    assert labels.warnings == ("1 of 20 rows have no 'bought' and were left out",)


def test_more_lost_labels_are_refused() -> None:
    labels = Labels(YES, "binary", ("",))
    _read(labels, *["yes"] * 18, "")
    with pytest.raises(DataError, match=r"1 of 19 rows have no label, more than 5%.*max_unlabelled"):
        labels.verify_known(0.05)
    labels.verify_known(0.1)


def test_spelling_of_a_boolean_column_does_not_matter() -> None:
    target = Target(column="bought", positive="True", negative="False")
    assert _read(Labels(target, "binary", ()), True, False) == [1, 0]


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (YES_NO, ["yes", "no", None]),
        (YES, ["yes", "other", None]),
        (Target(column="bought", positive="other"), ["other", "not other", None]),
    ],
)
def test_binary_labels_have_names_that_differ(target: Target, names: list[str | None]) -> None:
    assert name_labels(pa.array([1, 0, None], pa.int8()), target, "binary").to_pylist() == names
    assert name_labels(pa.array(["blue"]), target, "multiclass").to_pylist() == ["blue"]
