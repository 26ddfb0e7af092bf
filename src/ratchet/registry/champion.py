"""The champion: which version it is, and what its numbers mean; none of it needs its model."""

from datetime import datetime
from pathlib import Path

from ratchet.artifacts.run_store import find_folder, find_record
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.data import Split, Table
from ratchet.records.promotion import Champion
from ratchet.registry.facts import ALIAS, describe_version, done_moves
from ratchet.registry.lookup import look_up_model, look_up_version
from ratchet.timeline import Moment


def require_champion(run: Run) -> Champion:
    """Return the champion that is to score.

    Raises:
        RegistryError: there is none.
    """
    champion = find_champion(run.home, run.model)
    if champion is None:
        raise RegistryError(f"{run.model} has no champion: nothing can be scored before a retraining promotes one")
    return champion


def require_version(run: Run, number: int) -> Champion:
    """Return a version that was champion, whether it still is or not.

    Raises:
        RegistryError: it is deleted.
    """
    version = look_up_version(run.home, run.model, number)
    if version is None:
        raise RegistryError(f"version {number} of {run.model} is deleted: score with another, or restore it")
    return describe_version(version)


def find_champion(home: Path, model: str) -> Champion | None:
    """Return what the champion alias names; None when the model never had a champion.

    An alias that a person moved to another version of ours is as good as one that we moved.

    Raises:
        RegistryError: the alias names a version that Ratchet did not register, or it is gone although there was a
            champion: MLflow drops it silently when its version is deleted, and an unopposed challenger would win.
    """
    registered = look_up_model(home, model)
    named = registered.aliases.get(ALIAS) if registered else None
    if named is None:
        if moves := done_moves(registered):
            raise RegistryError(
                f"{model} had champion version {moves[-1].version} and has none now: its alias '{ALIAS}' or the "
                "version was deleted by hand; roll back, which sets it to the newest former champion that is left"
            )
        return None
    version = look_up_version(home, model, named)
    if version is None:
        raise RegistryError(f"the alias '{ALIAS}' of {model} names version {named}, which is deleted: roll back")
    return describe_version(version)


def require_classes(run: Run, champion: Champion) -> tuple[str, ...]:
    """Return the classes in the order of a champion's probabilities; none for regression.

    Raises:
        RegistryError: they are not known any more.
    """
    if run.config.task == "regression":
        return ()
    if classes := find_classes(run, champion):
        return classes
    if run.config.task == "binary":
        return run.config.data.target.names
    raise RegistryError(
        f"the classes of version {champion.version} of {run.model} are not known any more: the records of run "
        f"{champion.run_id} are gone; retrain, or roll back"
    )


def find_end(run: Run, champion: Champion) -> Moment | None:
    """Return where a champion's rows ended, a time or a number of rows; None when it is not known.

    Its run recorded it; else its registered as-of bounds it.
    """
    as_of, has_clock = champion.as_of, run.config.data.has_clock
    if not has_clock and as_of and as_of.isdecimal():
        return int(as_of)  # of rows read, also of those without a label
    if table := find_record(find_folder(run.home, run.model, champion.run_id), "ingest", Table):
        return table.time_to if has_clock else table.rows
    return datetime.fromisoformat(as_of) - run.config.data.label_delay if has_clock and as_of else None


def find_classes(run: Run, champion: Champion) -> tuple[str, ...]:
    """Columns of probabilities carry no names: the version says which classes they are, or the run that made it."""
    if champion.classes:
        return champion.classes
    split = find_record(find_folder(run.home, run.model, champion.run_id), "split", Split)
    return split.classes if split else ()
