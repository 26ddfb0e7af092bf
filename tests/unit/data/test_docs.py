import pytest

from ratchet.data.docs import clean_page


def body_of(page: str) -> str:
    return clean_page(f"<html><head></head><body>{page}</body></html>").split("<body>")[1].split("</body>")[0]


def test_a_policy_and_a_style_stand_in_the_head():
    page = clean_page("<html><head><title>Rows</title></head><body></body></html>")
    assert "default-src 'none'" in page
    assert page.index("Content-Security-Policy") < page.index("<title>")


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("<p>fine</p>", "<p>fine</p>"),
        ("<script>alert('</p>')</script>after", "after"),
        ("<link rel=stylesheet href=https://example.org/a.css>x", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<p onclick=alert(1) style=x class=y>x</p>", '<p class="y">x</p>'),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="javascript:alert(1)//.html">x</a>', "<a>x</a>"),
        ('<a href="//example.org/a.html">x</a>', "<a>x</a>"),
        ('<a href="https://example.org/a.html">x</a>', "<a>x</a>"),
        ('<a href="../a.html#b">x</a>', '<a href="../a.html#b">x</a>'),
        ('<a href="#b">x</a>', '<a href="#b">x</a>'),
        ("<svg><circle/><svg></svg>in</svg>out", "out"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ('<td class="a&quot; onclick=&quot;x">1<br/>2</td>', '<td class="a&quot; onclick=&quot;x">1<br>2</td>'),
        ("<blink>x</blink>", "x"),
    ],
)
def test_only_what_is_known_to_be_harmless_is_kept(found, kept):
    assert body_of(found) == kept
