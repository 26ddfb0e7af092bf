from datetime import UTC, datetime

from ratchet.artifacts.adapters import adapter_of
from ratchet.timeline import Window


def test_a_record_comes_back_as_it_was_by_an_adapter_that_is_made_once():
    window, adapter = (
        Window(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 8, tzinfo=UTC)),
        adapter_of(Window),
    )
    assert adapter.validate_json(adapter.dump_json(window)) == window
    assert adapter_of(Window) is adapter
