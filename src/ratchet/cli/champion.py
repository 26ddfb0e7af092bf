"""`ratchet approve` and `ratchet rollback`: a person puts another version in use."""

import re
from typing import Annotated, TypeVar

from typer import Argument, Option

from ratchet.artifacts.run_store import RunFolder, find_folder, find_record, keep_record
from ratchet.cli.output import AsJson, ModelName, print_json, read_reason, say, stdout_for_results
from ratchet.config.load import load_model, locate_model
from ratchet.config.run import RUN_ID, RUN_ID_RULE, Run
from ratchet.config.settings import Settings, name_person, read_settings
from ratchet.errors import ArtifactError, ConfigError
from ratchet.records.data import DataReport, Split, Table
from ratchet.records.judgement import Evaluation, Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Promotion

Record = TypeVar("Record")


def approve(
    model: ModelName,
    run_id: Annotated[str, Argument(metavar="RUN", help="The run that is on hold.", show_default=False)],
    *,
    reason: Annotated[str, Option(help="Why; it is kept with the promotion.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Promote the challenger of a run that was held, after all the checks of a promotion."""
    settings = read_settings()
    config = load_model(locate_model(settings, model))
    with stdout_for_results():
        promotion = approve_run(settings, config.model, run_id, reason=read_reason(reason))
    if as_json:
        print_json(promotion)
    else:
        say(f"Champion: version {promotion.version}; {promotion.reason}")


def approve_run(settings: Settings, model: str, run_id: str, *, reason: str) -> Promotion:
    """Promote what a run held, and write its report again; the run's own verdict stays as it was given.

    Raises:
        ConfigError: that is no run's name.
        ArtifactError: there is no such run, or it did not come to a verdict.
        RegistryError: the run was not held, or the champion is no longer the one it was judged against.
    """
    from ratchet.stages.approve import approve as answer  # noqa: PLC0415 (the stages load MLflow)
    from ratchet.stages.promote import promote  # noqa: PLC0415
    from ratchet.stages.refit import refit  # noqa: PLC0415
    from ratchet.stages.report import report  # noqa: PLC0415

    if not re.match(RUN_ID, run_id):
        raise ConfigError(f"run: {RUN_ID_RULE}; found '{run_id}'")
    folder = find_folder(settings.home, model, run_id)
    run, verdict = _require(folder, "run", Run), _require(folder, "decide", Verdict)
    challenger = find_record(folder, "select", Challenger)
    answered = answer(run, verdict, reason, name_person())
    table, parts = _require(folder, "ingest", Table), find_record(folder, "split", Split)
    shipped = refit(run, table, parts, challenger, answered)
    if shipped is not None:
        keep_record(run, "refit", shipped)
    promotion = promote(run, challenger, answered, shipped)
    keep_record(run, "promote", promotion)
    checked, evaluation = _require(folder, "check", DataReport), find_record(folder, "evaluate", Evaluation)
    keep_record(run, "report", report(run, checked, verdict, promotion, evaluation, challenger))
    return promotion


def _require(folder: RunFolder, name: str, kind: type[Record]) -> Record:
    record = find_record(folder, name, kind)
    if record is None:
        raise ArtifactError(
            f"{folder.path}: no such run, or it never came to '{name}'; `ratchet status` lists the runs"
        )
    return record


def rollback(
    model: ModelName,
    *,
    reason: Annotated[str, Option(help="Why; it is kept with the move.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Put the previous champion back in use, after checking that it is what was registered."""
    settings = read_settings()
    config = load_model(locate_model(settings, model))
    with stdout_for_results():
        from ratchet.stages.roll_back import roll_back  # noqa: PLC0415 (loads MLflow)

        promotion = roll_back(settings.home, config.model, read_reason(reason), name_person())
    if as_json:
        print_json(promotion)
    else:
        say(f"Champion: version {promotion.version}; {promotion.reason}")
