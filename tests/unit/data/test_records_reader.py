"""Excel sheets and JSON records: what a CSV file of the same table would hold."""

import gzip
import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from builders.runs import make_config
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.records_reader import list_sheets, read_names, read_rows
from ratchet.data.sampling import read_sample
from ratchet.data.sources import open_source
from ratchet.errors import DataError

ROWS = [{"when": "2024-01-31", "id": 7, "x": 1.5, "ok": True}, {"when": None, "id": 8, "x": 2.0, "extra": "ü"}]
KINDS = "http://schemas.openxmlformats.org"


def write_lines(path: Path, rows: list[object]) -> Path:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


def write_workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """Write texts and numbers as a workbook has them."""
    main, package = f"{KINDS}/spreadsheetml/2006/main", f"{KINDS}/package/2006"
    of_office = f"{KINDS}/officeDocument/2006/relationships"
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{of_office}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    root = f'<Relationship Id="r0" Type="{of_office}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        file.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{root}</Relationships>')
        file.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{of_office}"><sheets>{listed}</sheets></workbook>',
        )
        for number, rows in enumerate(sheets.values(), 1):
            cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            file.writestr(
                f"xl/worksheets/s{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
            )
    return path


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return "<c/>" if value is None else f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson.gz", "a.json"])
def test_records_have_every_key_and_gaps_where_one_lacks_it(name: str, tmp_path: Path) -> None:
    path = write_lines(tmp_path / name, ROWS)
    names = read_names(path)
    assert names == ["when", "id", "x", "ok", "extra"]
    assert list(read_rows(path, names)) == [["2024-01-31", "7", "1.5", "true", None], [None, "8", "2", None, "ü"]]


def test_a_list_of_records_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ROWS))
    assert len(list(read_rows(tmp_path / "a.json", ["id"]))) == 2


def test_a_sheet_is_read_as_texts(tmp_path: Path) -> None:
    table = [["a", "b", "c"], [1, 2.5, True], [None, None, None], ["00420", None, "x"]]
    path = write_workbook(tmp_path / "a.xlsx", {"first": table, "second": [["d"], [1]]})
    assert list_sheets(path) == ["first", "second"]
    assert read_names(path) == ["a", "b", "c"]
    assert list(read_rows(path, ["a", "b", "c"])) == [["1", "2.5", "true"], ["00420", None, "x"]]
    assert read_names(path, "second") == ["d"]
    assert read_sample(path).sheets == ("first", "second")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "it is empty"),
        ("{}\n", "it is empty"),
        ('{"a": 1}\n{"a": ', "it should have one JSON object a line"),
        ("[1, 2]\n", "is no JSON object"),
        ('{"a": {"b": 1}}\n', "line 1: column 'a' holds a nested value"),
        ('{"a": [1]}\n', "nested value"),
    ],
)
def test_records_that_are_none_are_refused_by_their_place(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(DataError, match=r"a\.jsonl.*" + told):
        read_names(tmp_path / "a.jsonl")


@pytest.mark.parametrize("name", ["a.xlsx", "a.jsonl", "a.jsonl.gz"])
def test_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00broken")
    with pytest.raises(DataError, match=r"intact workbook|can't be read as text"):
        read_names(tmp_path / name)


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"first": [["a"], [1]]})
    with pytest.raises(DataError, match=r"no sheet 'sales'; see `data\.source\.sheet`: it has 'first'"):
        read_names(path, "sales")


@pytest.mark.parametrize("name", ["a.jsonl", "a.xlsx"])
def test_a_run_reads_them_as_it_reads_csv(name: str, tmp_path: Path) -> None:
    config = make_config(data={"source": {"path": name}})
    plan = plan_snapshot(config.data)
    row = dict.fromkeys(plan.required, "1")
    if name == "a.jsonl":
        write_lines(tmp_path / name, [row] * 3)
    else:
        write_workbook(tmp_path / name, {"s": [list(row), *[list(row.values())] * 3]})
    chunks = list(open_source(plan, tmp_path).chunks)
    assert sum(chunk.rows.num_rows for chunk in chunks) == 3
    assert set(plan.required) <= set(chunks[0].rows.schema.names)
