"""From where a monitoring run looks: its windows, and the short ones that they are made of, each counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ratchet.config.model import ModelConfig
from ratchet.data.new_rows import moments_of
from ratchet.data.row_keys import read_ids
from ratchet.records.columns import HAS_FEATURES, LABEL, PREDICTION_ID, VERSION
from ratchet.timeline import DAY, EARLIEST, Moment, Span, Window, to_length, to_number

ALIGNED_WINDOWS = 60  # so many windows back begin where a short one begins; older ones may lie across


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """From where a run looks.

    Attributes:
        as_of: what counts as known.
        window: whose drift is measured.
        long_window: whose performance is measured as well.
        history: all that is read.
        cuts: where its short windows begin, and the end of the last.
        version: the version that made the newest predictions.
    """

    as_of: Moment
    window: Window
    long_window: Window
    history: Window
    cuts: list[int]
    version: int


def make_view(config: ModelConfig, as_of: Moment, version: int) -> View:
    """Return the windows that end at the as-of; rows that this version predicted are counted apart."""
    has_clock = config.data.has_clock
    spans = config.monitoring.spans(has_clock=has_clock)
    window, long_window, history = (window_before(to_number(as_of), span, has_clock=has_clock) for span in spans)
    return View(
        as_of=as_of,
        window=window,
        long_window=long_window,
        history=history,
        cuts=cut_history(history, spans[0], has_clock=has_clock),
        version=version,
    )


def window_before(as_of: int, span: Span, *, has_clock: bool) -> Window:
    """Return the window of a length that ends at the as-of; no row is older than 1900, or has a number below zero."""
    first = to_number(EARLIEST) if has_clock else 0
    start = max(min(first, as_of), as_of - to_length(span))
    return Window.between(start, as_of, has_clock=has_clock)


def cut_history(history: Window, window: Span, *, has_clock: bool) -> list[int]:
    """Return where the short windows of a history begin, and the end of the last.

    They begin with each day, or block of rows, so that tomorrow's run finds them again; and where a window as long as
    this one begins, so that windows are made of whole ones.
    """
    (start, end), length = history.numbers, to_length(window)
    grid = DAY if has_clock else length
    days = range(start - start % grid + grid, end, grid)
    windows = (end - number * length for number in range(1, ALIGNED_WINDOWS + 1))
    inner = {cut for cut in (*days, *windows) if start < cut < end}
    return [start, *sorted(inner), end]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedWindow:
    """The predictions of one short window, counted.

    Attributes:
        window: from when to when.
        rows: predictions.
        labelled: of these, the ones whose label is known.
        own: of these, the ones that the wanted version made.
        found: of its own, the ones whose features are known.
        fingerprint: of its own: others have another, whatever their order.
    """

    window: Window
    rows: int
    labelled: int
    own: int
    found: int
    fingerprint: int


class WindowCounter:
    """Counts observed rows while they pass."""

    def __init__(self, cuts: list[int], version: int | None) -> None:
        """Start with no row.

        Args:
            cuts: what `cut_history` gave.
            version: the version whose rows are counted apart.
        """
        self._cuts = cuts
        self._version = version
        self._counts = np.zeros((len(cuts) - 1, 4), np.int64)
        self._prints = np.zeros(len(cuts) - 1, np.uint64)

    def count(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass rows on, and count them."""
        for batch in batches:
            for place, rows in cut_batch(batch, self._cuts):
                self._add(place, rows)
            yield batch

    def list(self, *, has_clock: bool) -> list[CountedWindow]:
        """Return the windows, those without a row as well."""
        return [
            CountedWindow(
                window=Window.between(start, end, has_clock=has_clock),
                rows=rows,
                labelled=labelled,
                own=own,
                found=found,
                fingerprint=fingerprint,
            )
            for (start, end), (rows, labelled, own, found), fingerprint in zip(
                pairwise(self._cuts), self._counts.tolist(), self._prints.tolist(), strict=True
            )
        ]

    def _add(self, place: int, rows: pa.RecordBatch) -> None:
        own = rows.filter(pc.equal(rows.column(VERSION), self._version))
        labelled = rows.num_rows - rows.column(LABEL).null_count
        self._counts[place] += (rows.num_rows, labelled, own.num_rows, own.column(HAS_FEATURES).true_count)
        self._prints[place] ^= np.bitwise_xor.reduce(read_ids(own.column(PREDICTION_ID)).first)


def cut_batch(batch: pa.RecordBatch, cuts: list[int]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Cut rows that are in the order of time where another window begins; say which window each part is of."""
    places = np.searchsorted(cuts, moments_of(batch), "right") - 1
    starts = np.flatnonzero(np.diff(places, prepend=places[:1] - 1))
    for start, end in pairwise([*starts.tolist(), len(places)]):
        yield int(places[start]), batch.slice(start, end - start)
