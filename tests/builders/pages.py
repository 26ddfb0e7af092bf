"""What a page is made of, and text that wants to be a part of it."""

from html.parser import HTMLParser

ATTACK = "</style><script>alert(1)</script><img src=x onerror=alert(2)>'\"\x00\u202e|`"
EMPTY = {"meta", "link", "path", "line", "circle", "br", "img", "rect", "polyline"}


class Outline(HTMLParser):
    """Notes the tags of a page and fails where they do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and where it leads."""
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, or fail."""
        if tag not in EMPTY:
            assert self.open.pop() == tag


def outline(html: str) -> Outline:
    """Parse a page to its end."""
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser
