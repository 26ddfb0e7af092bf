from datetime import UTC, datetime, timedelta

from builders.runs import make_config
from ratchet.data.production import Observed
from ratchet.data.windows import CountedWindow, make_view
from ratchet.records.files import FileRef
from ratchet.timeline import Window

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_all_windows_end_at_the_as_of():
    view = make_view(make_config(), AS_OF, 3)
    ends = {view.window.end, view.long_window.end, view.history.end}
    lengths = [(AS_OF - window.start).days for window in (view.window, view.long_window, view.history)]  # type: ignore[operator]
    assert (ends, lengths, view.version) == ({AS_OF}, [7, 30, 90], 3)


def test_without_a_clock_they_are_numbers_of_rows_and_none_begins_before_the_first():
    view = make_view(make_config(data={"time": {"order": "rows"}}), 2_500, 1)
    assert [window.start for window in (view.window, view.long_window, view.history)] == [1_500, 0, 0]


def test_a_window_is_made_of_the_short_windows_that_begin_in_it():
    day = timedelta(days=1)
    windows = [
        CountedWindow(
            window=Window(start=AS_OF + at * day, end=AS_OF + (at + 1) * day),
            rows=at,
            labelled=0,
            own=0,
            found=0,
            fingerprint=0,
        )
        for at in range(5)
    ]
    file = FileRef(path="none", sha256="0" * 64, size_bytes=0)
    seen = Observed(file=file, windows=windows, warnings=())
    assert [each.rows for each in seen.within(Window(start=AS_OF + day, end=AS_OF + 3 * day))] == [1, 2]
