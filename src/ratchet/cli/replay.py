"""`ratchet replay`: choice and verdict of a run, made again from its records alone, beside what was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import TypeAdapter
from typer import Argument, Exit, Option

from ratchet.artifacts.run_store import RunFolder, find_record, list_folders
from ratchet.cli.output import AsJson, print_json, say, show_table
from ratchet.config.run import Run
from ratchet.config.settings import read_settings
from ratchet.errors import ArtifactError, ConfigError, did_you_mean, list_names
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport
from ratchet.records.judgement import Evaluation, Outcome, Verdict
from ratchet.records.leakage import Audit
from ratchet.records.modelling import Candidate, Challenger
from ratchet.records.serving_cost import ServingCosts
from ratchet.stages.decide import decide
from ratchet.stages.select import select

Record = TypeVar("Record")
DIFFERENT = 1  # exit code


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that came out otherwise; an empty text where one of the two has no such field."""

    field: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A run's choice and verdict, as recorded and as made again; no choice where the data was refused."""

    model: str
    run_id: str
    choice: str | None
    choice_again: str | None
    verdict: str
    verdict_again: str
    differences: tuple[Difference, ...]

    @property
    def is_identical(self) -> bool:
        """Whether nothing came out otherwise."""
        return not self.differences


def replay(
    run: Annotated[str, Argument(metavar="RUN", help="A run's id.", show_default=False)],
    *,
    model: Annotated[str | None, Option(help="Its model, where several have a run of this name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a run's choice and verdict again from its records, and compare.

    No model, no data and no registry is read. The exit code is 0 when all is as recorded, else 1.
    """
    found = replay_run(find_run_folder(read_settings().home, run, model))
    if as_json:
        print_json(found)
    else:
        tell(found)
    if not found.is_identical:
        raise Exit(DIFFERENT)


def find_run_folder(home: Path, run_id: str, model: str | None) -> RunFolder:
    """Return the folder of a run by its id.

    Raises:
        ConfigError: there is no such run, or several models have one and none is named.
    """
    of_model = [folder.path for folder in list_folders(home) if model in {None, folder.path.parent.name}]
    named = [path for path in of_model if path.name == run_id]
    if len(named) > 1:
        models = list_names(path.parent.name for path in named)
        raise ConfigError(f"{models} each have a run {run_id}: say which with --model")
    if not named:
        of = f" of model '{model}'" if model else ""
        raise ConfigError(f"{home / 'runs'}: no run '{run_id}'{of}{_suggest(run_id, of_model)}")
    return RunFolder(home, named[0])


def _suggest(run_id: str, folders: Sequence[Path]) -> str:
    newest = sorted(folders, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    names = (f"{path.name} of {path.parent.name}" for path in newest)
    there = f"there is {list_names(names)}" if folders else "there is none at all"
    return f"{did_you_mean(run_id, [path.name for path in folders])}; {there}"


def replay_run(folder: RunFolder) -> Replay:
    """Make choice and verdict again.

    Raises:
        ArtifactError: a record is missing or damaged.
        TrainingError: the recorded candidates give no challenger any more.
    """
    run = _read(folder, "run", Run)
    report, verdict = _read(folder, "check", DataReport), _read(folder, "decide", Verdict)
    if report.outcome is Outcome.FAIL:
        again = decide(run, report, None, None, None, None)
        return _compare(run, (None, None), (verdict, again))
    choice = _read(folder, "select", Challenger)
    choice_again = choice if run.adoption else _choose_again(run, folder)
    again = decide(
        run,
        report,
        _read(folder, "evaluate", Evaluation),
        _read(folder, "audit", Audit),
        _read(folder, "measure_behaviour", Behaviour),
        _read(folder, "measure_serving_cost", ServingCosts),
    )
    return _compare(run, (choice, choice_again), (verdict, again))


def _choose_again(run: Run, folder: RunFolder) -> Challenger:
    candidates = (find_record(folder, f"train-{spec.name}", Candidate) for spec in run.chosen)
    return select(run, tuple(each for each in candidates if each is not None))


def find_differences(path: str, recorded: object, replayed: object) -> list[Difference]:
    """Compare two values as JSON holds them, field by field; gates and candidates by their names."""
    one, other = _by_name(recorded), _by_name(replayed)
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return [] if recorded == replayed else [_differ(path, recorded, replayed)]
    names = dict.fromkeys((*one, *other))
    nested = (find_differences(f"{path}.{name}", one.get(name), other.get(name)) for name in names)
    return [*chain.from_iterable(nested)]


def _by_name(value: object) -> object:
    """Turn a list of gates or candidates into a mapping: one that is new must not shift all the others."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return value
    named = {each.get("gate", each.get("name")): each for each in value}
    has_names = None not in named and len(named) == len(value)
    return named if has_names else value


def tell(found: Replay) -> None:
    """Print both beside each other, and what differs."""
    refused = "none: the data was refused"
    rows = [
        ("choice", found.choice or refused, found.choice_again or refused),
        ("verdict", found.verdict, found.verdict_again),
    ]
    show_table(f"{found.model}, run {found.run_id}", ("", "recorded", "replayed"), rows)
    differing = [(each.field, each.recorded, each.replayed) for each in found.differences]
    show_table("Differences", ("field", "recorded", "replayed"), differing)
    say(_sum_up(len(differing)))


def _sum_up(differing: int) -> str:
    if not differing:
        return "Identical: the records give this choice and this verdict."
    return "1 field differs." if differing == 1 else f"{differing} fields differ."


def _compare(
    run: Run, choices: tuple[Challenger | None, Challenger | None], verdicts: tuple[Verdict, Verdict]
) -> Replay:
    choice, verdict = (
        find_differences(name, *(TypeAdapter(object).dump_python(each, mode="json") for each in pair))
        for name, pair in (("choice", choices), ("verdict", verdicts))
    )
    reasons = [f"{each.name}: {each.reason}" if each else None for each in choices]
    return Replay(
        model=run.model,
        run_id=run.run_id,
        choice=reasons[0],
        choice_again=reasons[1],
        verdict=verdicts[0].reason,
        verdict_again=verdicts[1].reason,
        differences=(*choice, *verdict),
    )


def _differ(path: str, recorded: object, replayed: object) -> Difference:
    return Difference(field=path, recorded=_show(recorded), replayed=_show(replayed))


def _show(value: object) -> str:
    return "" if value is None else str(value)


def _read(folder: RunFolder, name: str, kind: type[Record]) -> Record:
    record = find_record(folder, name, kind)
    if record is None:
        raise ArtifactError(
            f"{folder.file(f'{name}.json')} is missing: the run did not come that far, or its records were removed; "
            "only a run with a verdict can be replayed"
        )
    return record
