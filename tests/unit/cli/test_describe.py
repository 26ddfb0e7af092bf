"""init, validate and schema."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

from builders.projects import MODEL, make_project, write_visits
from ratchet.cli.describe import name_after, schema_text
from ratchet.config.load import load_model
from ratchet.errors import ConfigError

Command = Callable[..., object]


def test_a_valid_model_is_said_to_be_valid(ratchet: Command, project: Path) -> None:
    done = ratchet("validate", "--no-data")
    assert done.exit_code == 0
    assert done.stdout == f"{project}/include/models/sales.yaml: valid\n"


def test_the_data_are_read_and_each_column_told(ratchet: Command, project: Path) -> None:
    write_visits(project / "data.csv", 300)
    done = ratchet("validate")
    assert done.exit_code == 0, done.stderr
    assert "300 rows" in done.stdout
    assert any(line.split()[:3] == ["age", "numeric", "300"] for line in done.stdout.splitlines())
    (entry,) = json.loads(ratchet("validate", "--json").stdout)
    assert entry["data"]["rows"] == 300


def test_data_that_do_not_fit_or_are_not_there_are_mistakes(ratchet: Command, project: Path) -> None:
    (project / "data.csv").unlink(missing_ok=True)
    gone = ratchet("validate")
    assert gone.exit_code == 1
    assert "no such file or folder" in gone.stderr
    assert "or check the file alone with --no-data" in gone.stderr
    write_visits(project / "data.csv", 300)
    text = (project / "data.csv").read_text().splitlines()
    (project / "data.csv").write_text("\n".join([*text, text[-1].replace(",", ",x", 1)]) + "\n")
    wrong = ratchet("validate")
    assert wrong.exit_code == 1
    assert "data.csv, row 301: column 'age' holds 'x" in wrong.stderr


def test_a_url_is_answered(ratchet: Command) -> None:
    done = ratchet("init", "--data", "postgresql://me:secret@host/shop", "--target", "bought")
    assert done.exit_code == 1
    assert "`url_env`" in done.stderr
    assert "secret" not in done.stderr


def test_each_mistake_has_a_line_of_its_own_on_stderr(ratchet: Command, project: Path) -> None:
    path = make_project(project, model=MODEL.replace("binary", "binry").replace("path:", "pth:"))
    done = ratchet("validate", "sales")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [f"{path}:2", f"{path}:5", f"{path}:6"]


def test_mistakes_as_json_are_nothing_but_json(ratchet: Command, project: Path) -> None:
    path = make_project(project, model=MODEL.replace("binary", "binry"))
    done = ratchet("validate", "--json")
    assert done.exit_code == 1
    (entry,) = json.loads(done.stdout)
    assert entry["file"] == str(path)
    assert entry["mistakes"][0].startswith(f"{path}:2: task: ")


def test_a_file_with_the_wrong_ending_is_not_silently_left_out(ratchet: Command, project: Path) -> None:
    (project / "include" / "models" / "churn.yml").write_text(MODEL)
    done = ratchet("validate")
    assert done.exit_code == 1
    assert "churn.yml: a model file ends in .yaml; call it churn.yaml" in done.stderr


def test_a_file_anywhere_can_be_validated(ratchet: Command, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "sales.yaml"
    path.parent.mkdir()
    path.write_text(MODEL)
    assert ratchet("validate", "--no-data", str(path)).exit_code == 0


def test_an_unknown_model_is_named_with_the_nearest_one(ratchet: Command) -> None:
    done = ratchet("validate", "sals")
    assert done.exit_code == 1
    assert "no model 'sals' (did you mean 'sales'?); it has sales" in done.stderr


def test_a_project_without_models_is_told_how_to_begin(ratchet: Command, project: Path) -> None:
    (project / "include" / "models" / "sales.yaml").unlink()
    done = ratchet("validate")
    assert done.exit_code == 1
    assert "`ratchet init` writes one" in done.stderr


def test_the_schema_in_the_project_is_that_of_the_code(repository: Path) -> None:
    kept = (repository / "include" / "schema" / "model.schema.json").read_text()
    assert kept == schema_text(), "run: ratchet schema > include/schema/model.schema.json"


def test_the_schema_is_one_and_accepts_a_model(ratchet: Command) -> None:
    schema = json.loads(ratchet("schema").stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(safe_load(MODEL))


@pytest.mark.parametrize(("old", "new"), [("binary", "binry"), ("owner:", "ownr:"), ("0.2", "0.7"), ("sales", "Sales")])
def test_the_schema_refuses_what_the_config_refuses(old: str, new: str) -> None:
    validator = Draft202012Validator(json.loads(schema_text()))
    assert not validator.is_valid(safe_load(MODEL.replace(old, new)))


def test_init_writes_a_model_that_loads(ratchet: Command, project: Path) -> None:
    write_visits(project / "visits 2025.csv", 300)
    done = ratchet("init", "--data", str(project / "visits 2025.csv"), "--target", "bought", "--time", "when")
    assert done.exit_code == 0, done.stderr
    path = project / "include" / "models" / "visits-2025.yaml"
    assert load_model(path).data.target.column == "bought"
    assert "Will be used: " in done.stdout
    assert "Decide before the first run:\n  1. " in done.stdout


def test_init_asks_about_a_column_whose_name_speaks_of_the_end(ratchet: Command, project: Path) -> None:
    write_visits(project / "data.csv", 300)
    text = (project / "data.csv").read_text()
    (project / "data.csv").write_text(text.replace("age", "duration", 1))
    done = ratchet("init", "--data", str(project / "data.csv"), "--target", "bought", "--name", "calls")
    assert done.exit_code == 0, done.stderr
    drafted = (project / "include" / "models" / "calls.yaml").read_text()
    (line,) = [each for each in drafted.splitlines() if "duration: numeric" in each]
    assert "is `duration` known when the prediction is made" in line
    assert "duration" in done.stdout


def test_init_never_overwrites_unless_it_is_told_to(ratchet: Command, project: Path) -> None:
    write_visits(project / "data.csv", 300)
    arguments = ("init", "--data", str(project / "data.csv"), "--target", "bought", "--name", "sales")
    done = ratchet(*arguments)
    assert done.exit_code == 1
    assert "is already there; choose another --name, or overwrite it with --force" in done.stderr
    assert (project / "include" / "models" / "sales.yaml").read_text() == MODEL
    assert ratchet(*arguments, "--time", "when", "--force").exit_code == 0
    assert (project / "include" / "models" / "sales.yaml").read_text() != MODEL


def test_init_needs_data_that_is_there(ratchet: Command) -> None:
    done = ratchet("init", "--data", "missing.csv", "--target", "bought")
    assert done.exit_code == 1
    assert done.stderr == "missing.csv: there is no such file or folder\n"


def test_init_refuses_a_name_that_leads_elsewhere(ratchet: Command, project: Path) -> None:
    write_visits(project / "data.csv", 10)
    done = ratchet("init", "--data", str(project / "data.csv"), "--target", "bought", "--name", "../../x")
    assert done.exit_code == 1
    assert "--name: '../../x'" in done.stderr


@pytest.mark.parametrize(
    ("file", "name"),
    [("Bank Full.csv.gz", "bank-full"), ("2024_sales.csv", "sales"), ("data", "data"), (f"{'x' * 99}.csv", "x" * 63)],
)
def test_a_model_is_named_after_its_data(file: str, name: str) -> None:
    assert name_after(Path("folder") / file) == name


def test_a_file_without_letters_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="give one with --name"):
        name_after(Path("2024.csv"))


def test_every_default_in_the_schema_is_one_that_the_schema_takes() -> None:
    schema = json.loads(schema_text())
    for section in schema["$defs"].values():
        for key, shape in section.get("properties", {}).items():
            if "default" in shape:
                assert Draft202012Validator({**shape, "$defs": schema["$defs"]}).is_valid(shape["default"]), key
