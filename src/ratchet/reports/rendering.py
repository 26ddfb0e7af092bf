"""Templates to text: whatever comes from records is escaped, in HTML and in Markdown alike."""

import re
from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ratchet.reports import wording

MARKDOWN = re.compile(r"^[#>]|[\\`*\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")  # `roc_auc` stays readable
MARKUP = {"&": "&amp;", "<": "&lt;"}
SPACE = re.compile(r"\s+")


def render(template: str, **values: object) -> str:
    """Fill a template of this package; `*.html.jinja` escapes for HTML, anything else for Markdown.

    Autoescape is on for both: Jinja's own rule goes by the ending and would not see `.html.jinja`.
    """
    finalize = _printable if template.endswith(".html.jinja") else escape_markdown
    environment = Environment(
        loader=PackageLoader("ratchet.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update({function.__name__: function for function in FILTERS})
    environment.globals |= {
        "interval": wording.interval,
        "gain_interval": wording.gain_interval,
        "level_interval": wording.level_interval,
        "span": wording.span,
    }
    return environment.get_template(template).render(values)


def _printable(value: object) -> object:
    # Exactly text: its subclass Markup is what we made ourselves and keeps its type.
    return wording.printable(value) if type(value) is str else value


def escape_markdown(value: object) -> Markup:
    """Make a value plain text in Markdown, on one line, with no HTML of its own."""
    if isinstance(value, Markup):
        return value
    text = SPACE.sub(" ", wording.printable(str(value)))
    text = MARKDOWN.sub(lambda found: "\\" + found[0], text)
    return Markup("".join(MARKUP.get(character, character) for character in text))  # noqa: S704 (escaped just now)


def code_line(value: str) -> Markup:
    """Put a value on one line of an indented code block, where Markdown reads neither marks nor HTML."""
    return Markup(SPACE.sub(" ", wording.printable(value)))  # noqa: S704 (code blocks show text as it is)


FILTERS: tuple[Callable[..., str], ...] = (
    code_line,
    wording.as_of,
    wording.chance,
    wording.change,
    wording.count,
    wording.figure,
    wording.index,
    wording.moment,
    wording.money,
    wording.number,
    wording.percent,
    wording.plural,
    wording.seconds,
    wording.sentence,
    wording.short,
    wording.signed,
    wording.size,
    wording.step,
    wording.when,
)
