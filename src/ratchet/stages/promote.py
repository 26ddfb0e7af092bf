"""Promote: move the champion alias to the challenger when, and only when, the verdict says so."""

import logging
from datetime import UTC, datetime

from mlflow import MlflowClient

from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.events import note_moves
from ratchet.ledger.journal import append_all
from ratchet.records.judgement import Decision, Verdict
from ratchet.records.modelling import Challenger, Refit
from ratchet.records.promotion import Promotion, Shipped
from ratchet.registry.client import connect
from ratchet.registry.promotion import keep_champion, list_promotions, promote_challenger
from ratchet.registry.versions import read_alias

logger = logging.getLogger(__name__)


def promote(run: Run, challenger: Challenger | None, verdict: Verdict, refit: Refit | None = None) -> Promotion:
    """Promote the challenger, once however often this is tried; a dry run or any other verdict keeps the champion.

    The ledger is opened first, because a move that could not be written down is not made, and written last, from the
    registry's own trail: what a process moved that died before it wrote is written by the next one.

    Args:
        run: the run.
        challenger: what was judged.
        verdict: what was decided.
        refit: what its recipe gives on every known row, which is then what is promoted.

    Raises:
        RegistryError: the registry is not as the verdict saw it, or does not give back what it was given.
        ArtifactError: the challenger's file was changed since it was fitted.
    """
    home = run.home
    client, ledger = connect(home), open_ledger(home)
    promotion = _follow(client, run, challenger, verdict, refit)
    append_all(ledger, note_moves(run.model, list_promotions(client, run.model)))
    logger.info("%s in run %s: %s", run.model, run.run_id, promotion.reason)
    return promotion


def _follow(
    client: MlflowClient, run: Run, challenger: Challenger | None, verdict: Verdict, refit: Refit | None
) -> Promotion:
    # The alias is asked for even where nothing moves: the record names the champion that stays.
    if verdict.decision is not Decision.PROMOTE:
        return keep_champion(read_alias(client, run.model), f"the verdict is {verdict.decision}")
    if run.dry_run:
        return keep_champion(read_alias(client, run.model), "the verdict is promote, and this is a dry run")
    if challenger is None or challenger.name != verdict.challenger:
        found = challenger.name if challenger else "none"
        raise RegistryError(
            f"the verdict is about challenger {verdict.challenger}, the run has {found}: nothing changed"
        )
    _refuse_other_files(run, challenger, verdict, refit)
    shipped = Shipped(judged=challenger, refitted=refit.model if refit else None)
    return promote_challenger(client, run, shipped, verdict=verdict, now=datetime.now(UTC))


def _refuse_other_files(run: Run, challenger: Challenger, verdict: Verdict, refit: Refit | None) -> None:
    """Refuse what a cleared run made anew: what its first try was judged by says nothing about the new file."""
    if verdict.challenger_sha256 != challenger.model.sha256:
        raise RegistryError(
            f"the verdict is about another model file of {challenger.name} than the one that run {run.run_id} has now: "
            "nothing changed; let the run judge again"
        )
    if refit is not None and refit.twin_sha256 != challenger.model.sha256:
        raise RegistryError(
            f"run {run.run_id} refitted another model of {challenger.name} than the one that was judged: nothing "
            "changed; let the run refit again"
        )
