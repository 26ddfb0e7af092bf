"""YAML is read strictly, and what is refused is refused before it costs anything."""

from pathlib import Path
from time import process_time

import pytest

from ratchet.config.yaml_file import MAX_BYTES, read_yaml
from ratchet.errors import ConfigError

BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{new}: &{new} [*{old}, *{old}]" for old, new in zip("abcdef", "bcdefg", strict=True)
)
REFUSED = {
    "a key twice": ("a: 1\nb: 2\na: 3\n", "3: the key 'a' is there twice (first on line 1)"),
    "a nested key twice": ("a:\n  b: 1\n  b: 2\n", "3: the key 'b' is there twice (first on line 2)"),
    "an anchor": ("a: &x 1\n", "1: anchors and aliases (& and *) are not allowed: write the value out"),
    "an alias bomb": (BOMB, "1: anchors and aliases (& and *) are not allowed: write the value out"),
    "deep nesting": ("a: " + "[" * 20_000, "1: nested deeper than 12 levels"),
    "a tag": ("a: !!python/object/apply:os.system [ls]\nb: !env HOME\n", "2: could not determine a constructor"),
    "an octal number": ("a: 1\nb: 010\n", "2: 010 is not a plain decimal number; write one, or put the text in quotes"),
    "a clock time": ("a: 1:30\n", "1: 1:30 is not a plain decimal number"),
    "a day that is none": ("a: 2026-13-01\n", "1: the value can't be read: month must be in 1..12"),
    "a number without end": (f"a: {'1' * 5000}\n", "1: the value can't be read: Exceeds the limit"),
    "a list that does not close": ("a: 1\nb: [1, 2\n", "3: not valid YAML: expected ',' or ']'"),
    "two documents": ("a: 1\n---\nb: 2\n", "2: not valid YAML: but found another document"),
    "a tab": ("a:\n\tb: 1\n", "2: not valid YAML: found character '\\t' that cannot start any token"),
    "a list as a key": ("? [a, b]\n: 1\n", "1: a key must be plain text"),
}


def read(folder: Path, text: str | bytes) -> object:
    """What a file with this text holds."""
    path = folder / "model.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yaml(path).content


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_mean_something_else_is_refused(tmp_path: Path, case: str) -> None:
    text, sentence = REFUSED[case]
    began = process_time()
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'model.yaml'}:{sentence}")
    assert process_time() - began < 2


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_is_told_how_to_begin(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="the file is empty; `ratchet init` writes one to start from"):
        read(tmp_path, text)


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid YAML"):
        read(tmp_path, "a: \x00\n")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: 'utf-8' codec"):
        read(tmp_path, b"a: \xff\n")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml: can't be read"):
        read_yaml(tmp_path / "missing.yaml")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="more than a model file may have"):
        read(tmp_path, "a: 1\n" * MAX_BYTES)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("-12", -12), ("0.5", 0.5), ('"010"', "010"), ("'1:30'", "1:30")]
)
def test_plain_numbers_and_quoted_text_are_kept(tmp_path: Path, text: str, value: object) -> None:
    assert read(tmp_path, f"a: {text}\n") == {"a": value}


def test_a_key_is_text_even_where_yaml_would_make_it_a_boolean(tmp_path: Path) -> None:
    assert read(tmp_path, "NO: numeric\n") == {"NO": "numeric"}


def test_the_line_of_an_unknown_place_is_that_of_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("a:\n  b:\n    - c: 1\n")
    file = read_yaml(path)
    assert file.line_of(("a", "b", 0, "c")) == 3
    assert file.line_of(("a", "b", 0, "x", "y")) == 3
    assert file.line_of(("z",)) == 1
