"""Results go to stdout, the rest to stderr, and neither can be steered by what is printed."""

import json
import os
import sys

import pytest
from rich.console import Console

from builders.records import make_promotion, make_table
from ratchet.cli import output
from ratchet.cli.output import complain, print_json, read_reason, say, show_table, stdout_for_results
from ratchet.errors import ConfigError


def test_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold]:smile: " + "long " * 100)
    assert capsys.readouterr().out == "[bold]:smile: " + "long " * 100 + "\n"


def test_text_can_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2Jb")
    complain("a\x1b[2Jb")
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err


def test_records_are_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([make_promotion(), make_table()])
    promotion, table = json.loads(capsys.readouterr().out)
    assert promotion["version"] == 8
    assert table["time_from"] == "2024-01-01T00:00:00Z"


def test_an_empty_table_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Runs", ("a",), [])
    assert capsys.readouterr().out == ""


def test_a_table_shows_its_cells_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Runs", ("a", "b"), [("[red]", "2")])
    assert "[red]" in capsys.readouterr().out


def test_a_row_is_one_line_where_there_is_no_window(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Runs", ("a", "b"), [("1", "long " * 100), ("2", "short")])
    assert capsys.readouterr().out.splitlines()[2:] == [f"1   {'long ' * 100}".rstrip(), "2   short", ""]


def test_a_row_is_wrapped_for_a_window(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "OUT", Console(force_terminal=True, width=40))
    show_table("Runs", ("a", "b"), [("1", "long " * 100)])
    assert len(capsys.readouterr().out.splitlines()) > 10


def test_whatever_else_is_printed_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_for_results():
        sys.stdout.write("a library\n")
        os.write(1, b"a child process\n")
    sys.stdout.write("the result\n")
    sys.stdout.flush()
    printed = capfd.readouterr()
    assert printed.out == "the result\n"
    assert printed.err == "a library\na child process\n"


def test_stdout_is_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), stdout_for_results():
        raise ZeroDivisionError
    os.write(1, b"the result\n")
    assert capfd.readouterr().out == "the result\n"


def test_a_reason_is_kept_without_the_blanks_around_it():
    assert read_reason(" prices have changed ") == "prices have changed"


@pytest.mark.parametrize("text", ["", "  "])
def test_a_reason_that_says_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="say why in a few words"):
        read_reason(text)
