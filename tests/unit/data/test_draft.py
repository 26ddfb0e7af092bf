import pytest
import yaml

from ratchet.data.draft import quote


@pytest.mark.parametrize("text", ["age", "default payment", "emp.var.rate", "glyburide-metformin", "A1C"])
def test_harmless_names_stay_plain(text):
    assert quote(text) == text


@pytest.mark.parametrize(
    "text",
    ["No", "y", "null", "off", "1", "1e5", "a: b", "a #b", "", "é", "[a", "a, b", "- a", "'", '"', "2024-01-01", "~"],
)
def test_everything_reads_back_as_the_same_text(text):
    assert yaml.safe_load(f"- {quote(text)}\n") == [text]
    assert yaml.safe_load(f"{quote(text)}: 1\n") == {text: 1}
