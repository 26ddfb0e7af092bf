"""`ratchet rollback`: the champion before, back in use."""

from typing import Annotated

from typer import Option

from ratchet.cli.options import AsJson, ModelName, read_reason
from ratchet.cli.output import print_json, say, stdout_for_results
from ratchet.config.load import load_model, locate_model
from ratchet.config.settings import name_person, read_settings


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
