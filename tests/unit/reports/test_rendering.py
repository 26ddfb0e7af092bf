"""Nothing that comes from data is ever markup."""

import pytest
from markupsafe import Markup

from ratchet.reports.rendering import code_line, escape_markdown, render


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<b>&", "&lt;b>&amp;"),
        ("a|b", "a\\|b"),
        ("*a* `b` [c](d) ~e~", "\\*a\\* \\`b\\` \\[c\\](d) \\~e\\~"),
        ("roc_auc", "roc_auc"),
        ("_a_", "\\_a\\_"),
        ("# a", "\\# a"),
        ("> a", "\\> a"),
        ("a\n\n# b", "a # b"),
        ("a\\", "a\\\\"),
        (12, "12"),
    ],
)
def test_markdown_says_what_the_value_says(value: object, text: str) -> None:
    assert escape_markdown(value) == text


def test_text_that_is_escaped_already_is_left_alone() -> None:
    assert escape_markdown(Markup("a\\|b")) == "a\\|b"


def test_a_code_line_stays_one_line() -> None:
    assert code_line("a\n```\nb <c>") == "a ``` b <c>"


def test_a_missing_value_is_an_error_and_no_hole_in_the_page() -> None:
    with pytest.raises(Exception, match="'story' is undefined"):
        render("run_report.md.jinja")
