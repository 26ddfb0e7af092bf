"""`ratchet init`, `ratchet validate`, `ratchet schema`: everything about a model's YAML."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic.json_schema import GenerateJsonSchema
from typer import Argument, Exit, Option

from ratchet.artifacts.files import write_text
from ratchet.cli.output import AsJson, complain, print_json, say, show_table
from ratchet.config.load import load_model, locate_models
from ratchet.config.mistakes import PATTERNS
from ratchet.config.model import ModelConfig
from ratchet.config.settings import read_settings
from ratchet.errors import ConfigError, DataError
from ratchet.sections import NAME, format_duration

if TYPE_CHECKING:
    from ratchet.data.examining import SourceReport

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_NAME = 63  # what NAME allows


def init(
    *,
    data: Annotated[
        str, Option(help="CSV, Parquet, JSON-lines or Excel file, or a folder of them.", show_default=False)
    ],
    target: Annotated[str, Option(help="Column to predict.", show_default=False)],
    time: Annotated[str | None, Option(help="Column that says when a row happened.")] = None,
    name: Annotated[str | None, Option(help="The model's name; without it, the data file's.")] = None,
    force: Annotated[bool, Option(help="Overwrite the model's YAML if it is there.")] = False,
) -> None:
    """Write a model's YAML from a data file, to be finished by a person."""
    settings, source = read_settings(), Path(data)
    model = _choose_name(name, source)
    path = settings.models / f"{model}.yaml"
    if path.exists() and not force:
        raise ConfigError(f"{path}: is already there; choose another --name, or overwrite it with --force")
    if not (source.exists() or "://" in data):
        raise ConfigError(f"{data}: there is no such file or folder")
    # Only now, so that a mistake in the options shows before the libraries are loaded.
    from ratchet.data.draft import write_draft  # noqa: PLC0415
    from ratchet.data.inference import draft_model  # noqa: PLC0415 (reads data: loads heavy libraries)
    from ratchet.data.sources import refuse_url  # noqa: PLC0415
    from ratchet.data.summary import summarise, write_summary  # noqa: PLC0415
    from ratchet.evaluation.leakage.drafting import ask_about_names, find_suspicions  # noqa: PLC0415

    refuse_url(data)
    draft = draft_model(source, find_suspicions, name=model, target=target, time=time, project=settings.project)
    draft = draft.ask(ask_about_names([each.name for each in draft.features]))
    write_text(path, write_draft(draft))
    _tell_next(path, write_summary(summarise(draft)))


def validate(
    models: Annotated[
        list[str] | None, Argument(metavar="[MODEL|FILE]...", help="All models when none is given.")
    ] = None,
    *,
    data: Annotated[bool, Option("--data/--no-data", help="Read the data as well, or the files alone.")] = True,
    as_json: AsJson = False,
) -> None:
    """Check model files and their data; each mistake on a line of its own, with place, value and what is allowed."""
    settings = read_settings()
    project = settings.project if data else None
    found = {path: _check(path, project) for path in locate_models(settings, models or ())}
    tell = _print_found if as_json else _tell
    tell(found)
    _exit_on_mistakes(found.values())


def _exit_on_mistakes(found: Iterable["_Checked"]) -> None:
    if any(each.mistakes for each in found):
        raise Exit(1)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is wrong with a model, and what its data hold; None where they were not read."""

    mistakes: list[str]
    data: "SourceReport | None" = None


def _check(path: Path, project: Path | None) -> _Checked:
    """Check a model file and, in a project, its data."""
    if (mistakes := mistakes_in(path)) or project is None:
        return _Checked(mistakes)
    from ratchet.data.examining import examine_data  # noqa: PLC0415 (reads data: loads heavy libraries)

    try:
        report = examine_data(load_model(path), project)
    except (DataError, ConfigError) as error:
        return _Checked([f"{path}: the data: {error}; or check the file alone with --no-data"])
    return _Checked([f"{path}: the data: {fault}" for fault in report.faults], report)


def schema() -> None:
    """Print the JSON Schema of a model's YAML, for editors."""
    sys.stdout.write(schema_text())


def mistakes_in(path: Path) -> list[str]:
    """Return one sentence for each mistake in a model file."""
    if path.suffix != ".yaml":
        return [f"{path}: a model file ends in .yaml; call it {path.stem}.yaml"]
    try:
        load_model(path)
    except ConfigError as error:
        return str(error).splitlines()
    return []


class _SchemaOfYaml(GenerateJsonSchema):
    def encode_default(self, dft: object) -> object:
        """Write a duration as the YAML does; Pydantic would write PT0S, which no editor may offer."""
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def schema_text() -> str:
    """Return the JSON Schema of a model's YAML."""
    schema = ModelConfig.model_json_schema(schema_generator=_SchemaOfYaml)
    return json.dumps({"$schema": SCHEMA_DIALECT, **schema}, indent=2) + "\n"


def name_after(data: Path) -> str:
    """Make a model's name of a data file's.

    Raises:
        ConfigError: nothing of it can be used.
    """
    stem = data.name.split(".")[0].casefold()
    name = re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-").lstrip("0123456789_-")[:LONGEST_NAME]
    if not name:
        raise ConfigError(f"{data}: no model name can be made of this; give one with --name")
    return name


def _choose_name(name: str | None, source: Path) -> str:
    if not name:
        return name_after(source)
    if not re.match(NAME, name):
        raise ConfigError(f"--name: '{name}' can't be a file's and a model's name; it {PATTERNS[NAME]}")
    return name


def _tell_next(path: Path, summary: Sequence[str]) -> None:
    say(f"Wrote {path}")
    for line in summary:
        say(line)
    say(f"Then: ratchet validate {path.stem}, and ratchet run {path.stem} --dry-run")


def _print_found(found: dict[Path, _Checked]) -> None:
    print_json([{"file": str(path), "mistakes": each.mistakes, "data": each.data} for path, each in found.items()])


def _tell(found: dict[Path, _Checked]) -> None:
    for path, checked in found.items():
        if not checked.mistakes:
            say(f"{path}: valid", style="green")
        if checked.data is not None:
            _tell_data(checked.data)
        for mistake in checked.mistakes:
            complain(mistake)


def _tell_data(report: "SourceReport") -> None:
    rows = [
        (
            each.name,
            each.kind,
            f"{each.values:,}",
            f"{each.empty:,}",
            f"{len(each.different):,}" if each.different else "",
            f"{each.failures:,}" if each.failures else "",
            each.example,
        )
        for each in report.columns
    ]
    columns = ("column", "read as", "values", "empty", "different", "unreadable", "such as")
    show_table(f"{report.rows:,} rows", columns, rows)
    for warning in report.warnings:
        say(warning)
