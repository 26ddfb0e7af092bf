"""Data Docs as pages that load nothing and run nothing: only known tags, no scripts, one style of our own.

Great Expectations' pages fetch eight files from elsewhere and put names and values into markup; here a page is
rebuilt from the tags and attributes that are known to be harmless, and a policy in it forbids the rest.
"""

import shutil
from html import escape
from html.parser import HTMLParser
from pathlib import Path

from great_expectations.data_context import EphemeralDataContext

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; color: #1c2430; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { border: 1px solid #d5dae1; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { background: #f2f4f7; } a { color: #1a5fb4; } h1, h2, h3, h4, h5 { margin: 1.2rem 0 .4rem; }
ul { padding-left: 1.2rem; } .badge { background: #e6e9ee; border-radius: .3rem; padding: 0 .3rem; }
.text-success, .alert-success { color: #14713a; } .text-danger, .alert-danger { color: #b3261e; }
@media (prefers-color-scheme: dark) {
  body { background: #14181f; color: #e4e8ee; } a { color: #8ab8f2; } th { background: #222833; }
  th, td { border-color: #39414e; } .badge { background: #39414e; }
  .text-success, .alert-success { color: #6fd196; } .text-danger, .alert-danger { color: #ff8f87; }
}
"""
HEAD = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta charset="utf-8"><style>{STYLE}</style>'
TAGS = frozenset(
    {
        *(
            "html",
            "head",
            "title",
            "body",
            "header",
            "footer",
            "main",
            "nav",
            "section",
            "div",
            "span",
            "p",
            "hr",
            "br",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "a", "b", "i", "strong", "em", "small", "code", "pre"),
        *("table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    }
)
VOID = frozenset({"hr", "br"})
DROPPED_WHOLE = frozenset({"script", "style", "svg", "noscript", "template", "iframe", "object"})
ATTRIBUTES = frozenset({"class", "id", "href", "colspan", "rowspan", "scope"})


def write_docs(context: EphemeralDataContext, building: Path, docs: Path) -> Path:
    """Build a context's pages in one folder, clean them, and move them to `docs`; return the index page."""
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        context.build_data_docs()
        shutil.rmtree(building / "static", ignore_errors=True)
        for page in building.rglob("*.html"):
            page.write_text(clean_page(page.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.rmtree(docs, ignore_errors=True)
        building.rename(docs)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return docs / "index.html"


def clean_page(page: str) -> str:
    """Return a page with known tags and attributes only, and all of its text escaped."""
    cleaner = _Cleaner()
    cleaner.feed(page)
    cleaner.close()
    return "<!doctype html>\n" + "".join(cleaner.pieces) + "\n"


class _Cleaner(HTMLParser):
    """Rebuild a page piece by piece; what is not known is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._dropping = ""  # the tag whose whole content is being left out
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            self._depth += tag == self._dropping
            return
        if tag in DROPPED_WHOLE:
            self._dropping, self._depth = tag, 1
        elif tag in TAGS:
            # The policy comes first in the head: it holds only for what stands below it.
            self.pieces.append(f"<{tag}{_harmless_ones(attrs)}>" + (HEAD if tag == "head" else ""))

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            self._depth -= tag == self._dropping
            self._dropping = self._dropping if self._depth else ""
        elif tag in TAGS - VOID:
            self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.pieces.append(escape(data))


def _harmless_ones(attributes: list[tuple[str, str | None]]) -> str:
    kept = [(name, value or "") for name, value in attributes if name in ATTRIBUTES]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept if name != "href" or _leads_to_us(value))


def _leads_to_us(link: str) -> bool:
    """A link may lead to another of these pages or to a place in this one, and nowhere else."""
    target = link.split("#")[0]
    is_elsewhere = target.startswith(("/", "\\")) or ":" in target.split("/")[0]
    return not target or (target.endswith(".html") and not is_elsewhere)
