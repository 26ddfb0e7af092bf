"""The champion as an opponent: its model, loaded and verified, or what keeps it from being compared."""

from dataclasses import dataclass

from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.folder import find_folder
from ratchet.artifacts.history import find_record
from ratchet.config.run import Run
from ratchet.errors import DataError, RatchetError, list_names
from ratchet.records.data import Split
from ratchet.records.files import FileRef
from ratchet.records.judgement import Opponent
from ratchet.records.promotion import Champion
from ratchet.registry.champion import fetch_model, find_champion
from ratchet.registry.client import connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The champion of a model, as far as it can be used.

    Attributes:
        record: who it is, and why it can't be compared where that is so.
        champion: the registry's facts about it.
        model: its file, in our own copy; None when it can't be compared.
        pipeline: its model; None when it can't be compared.
    """

    record: Opponent
    champion: Champion
    model: FileRef | None = None
    pipeline: Pipeline | None = None


def find_rival(run: Run, split: Split) -> Rival | None:
    """Load the champion; what keeps it from being compared is a problem for the gates, not an error.

    Returns:
        None when the model has no champion.
    """
    home = run.home
    client = connect(home)
    champion = find_champion(client, run.model)
    if champion is None:
        return None
    record = Opponent(version=champion.version, run_id=champion.run_id)
    try:
        _refuse_other_classes(run, split, champion)
        file = fetch_model(client, champion, home)
        return Rival(record=record, champion=champion, model=file, pipeline=read_pipeline(file, home))
    except RatchetError as error:
        record = Opponent(version=champion.version, run_id=champion.run_id, problem=str(error))
        return Rival(record=record, champion=champion)


def _refuse_other_classes(run: Run, split: Split, champion: Champion) -> None:
    """Columns of probabilities carry no names: the version says which classes they are, or the run that made it."""
    theirs = champion.classes or _find_classes(run, champion)
    if theirs and theirs != split.classes:
        raise DataError(
            f"it was trained on the classes {list_names(theirs)}, these rows have {list_names(split.classes)}"
        )


def _find_classes(run: Run, champion: Champion) -> tuple[str, ...]:
    split = find_record(find_folder(run.home, run.model, champion.run_id), "split", Split)
    return split.classes if split else ()
