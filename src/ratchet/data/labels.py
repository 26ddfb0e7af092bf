"""Turn the target column into labels, and refuse a target that nothing can be learnt from."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.config.data import Target
from ratchet.data.chunks import Chunk, show
from ratchet.data.values import read_numbers, read_texts
from ratchet.errors import DataError, did_you_mean, list_names
from ratchet.metrics.metric import Task

MAX_CLASSES = 1000  # more is an id or a number, not a class


def name_labels(labels: pa.Array, target: Target, task: Task) -> pa.Array:
    """Return the classes of a binary target by their names, as decisions are; other labels as they are."""
    if task != "binary":
        return labels
    negative, positive = target.names
    return pc.if_else(pc.equal(labels, 1), positive, negative)


def name_decisions(codes: NDArray[np.float64] | None, classes: Sequence[str], *, rows: int) -> pa.DictionaryArray:
    """Return the class that each row is decided for by its name; null in every row where none is."""
    if codes is None:
        return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()), pa.array([], pa.string()))
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(classes, pa.string()))


class Labels:
    """Reads labels chunk by chunk, and remembers what there was to learn."""

    def __init__(self, target: Target, task: Task, missing: tuple[str, ...], *, form: str | None = None) -> None:
        """Start with a target that has not been seen yet.

        Args:
            target: the column, and which value is positive.
            task: binary, multiclass or regression.
            missing: texts that stand for no value.
            form: how its numbers are written; None for plain ones.
        """
        self._form = form
        self._target = target
        self._task = task
        self._missing = missing
        self._classes: Counter[str] = Counter()
        self._least, self._most = float("inf"), float("-inf")
        self._rows = self._unlabelled = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was accepted with a remark."""
        if not self._unlabelled:
            return ()
        return (f"{self._unlabelled} of {self._rows} rows have no '{self._target.column}' and were left out",)

    def read(self, chunk: Chunk) -> pa.Array:
        """Return the labels of a chunk, null where there is none.

        Raises:
            DataError: a label is not one of the task's.
        """
        labels = self._read_numbers(chunk) if self._task == "regression" else self._read_classes(chunk)
        self._rows += len(labels)
        self._unlabelled += labels.null_count
        return labels

    def verify_known(self, most: float) -> None:
        """Refuse a source in which a larger share of rows has no label.

        Raises:
            DataError: saying how many.
        """
        if self._unlabelled > most * self._rows:
            raise DataError(
                f"target '{self._target.column}': {self._unlabelled} of {self._rows} rows have no label, more than "
                f"{most:.0%}; deliver labels, set `data.label_delay` and an as-of time, or allow more by "
                "`data.checks.max_unlabelled`"
            )

    def verify_classes(self) -> None:
        """Refuse a target that always has the same value.

        Raises:
            DataError: saying which.
        """
        name = self._target.column
        if self._task == "regression" and self._least >= self._most:
            raise DataError(f"target '{name}': every row has the value {self._most:g}; there is nothing to learn")
        if self._task != "regression":
            self._verify_classes(name)

    def _verify_classes(self, name: str) -> None:
        found = [value for value, _ in self._classes.most_common()]
        if self._task == "binary":
            self._verify_positive(name, found)
        if len(found) < 2:
            raise DataError(f"target '{name}': every row is {list_names(map(show, found))}; there is nothing to learn")

    def _verify_positive(self, name: str, found: list[str]) -> None:
        positive = self._target.positive
        if positive is not None and self._classes[positive] == 0:
            listed = list_names(map(show, found)) or "none"
            raise DataError(
                f"target '{name}': no row has the positive value {show(positive)}{did_you_mean(positive, found)}; "
                f"values found: {listed}; see `data.target.positive`"
            )

    def _read_numbers(self, chunk: Chunk) -> pa.DoubleArray:
        labels = read_numbers(chunk, self._target.column, self._missing, self._form)
        if labels.null_count < len(labels):
            limits = pc.min_max(labels).as_py()
            self._least, self._most = min(self._least, limits["min"]), max(self._most, limits["max"])
        return labels

    def _read_classes(self, chunk: Chunk) -> pa.Array:
        texts = self._fold(chunk, read_texts(chunk, self._target.column, self._missing))
        self._refuse_header(chunk, texts)
        if self._target.negative is not None and self._task == "binary":
            self._refuse_third(chunk, texts)
        self._count(texts)
        if self._task == "multiclass":
            return texts
        return pc.equal(texts, self._target.positive).cast(pa.int8())

    def _fold(self, chunk: Chunk, texts: pa.StringArray) -> pa.StringArray:
        """Write the values of a boolean column as the YAML does: True, TRUE or true."""
        if not pa.types.is_boolean(chunk.rows.column(self._target.column).type):
            return texts
        for spelling in (self._target.positive, self._target.negative):
            if spelling is not None:
                texts = pc.if_else(pc.equal(texts, spelling.lower()), spelling, texts)
        return texts

    def _refuse_header(self, chunk: Chunk, texts: pa.StringArray) -> None:
        name = self._target.column
        # the YAML may say that a column 'late' has the classes late and on time: the other columns show a header
        is_class = self._task == "binary" and name in (self._target.positive, self._target.negative)
        if not is_class and (index := pc.index(texts, name).as_py()) >= 0:
            raise DataError(f"{chunk.place(index)}: target '{name}' holds its own name; is the header repeated there?")

    def _refuse_third(self, chunk: Chunk, texts: pa.StringArray) -> None:
        allowed = (self._target.positive, self._target.negative)
        is_known = pc.or_(pc.is_in(texts, value_set=pa.array(allowed, pa.string())), pc.is_null(texts))
        if (index := pc.index(is_known, False).as_py()) >= 0:
            raise DataError(
                f"{chunk.place(index)}: target '{self._target.column}' is {show(texts[index].as_py())}, neither "
                f"{show(allowed[0])} nor {show(allowed[1])}; put it right or leave out `data.target.negative`"
            )

    def _count(self, texts: pa.StringArray) -> None:
        for each in pc.value_counts(texts.drop_null()).to_pylist():
            self._classes[each["values"]] += each["counts"]
        if len(self._classes) > MAX_CLASSES:
            raise DataError(
                f"target '{self._target.column}': more than {MAX_CLASSES} different values; is it a regression?"
            )
