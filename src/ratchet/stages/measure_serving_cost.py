"""Measure what the challenger costs to serve: the time, memory and room it takes, beside the champion."""

import logging
from dataclasses import replace
from datetime import timedelta
from statistics import fmean

from ratchet.config.evaluation import Resources
from ratchet.config.run import Run
from ratchet.errors import RatchetError
from ratchet.evaluation.bounds import measure_quantiles
from ratchet.gates.serving_cost import ServingCostGate, serving_cost
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.serving_cost import CostMeasurement, Reading, measure_models
from ratchet.records.data import Split
from ratchet.records.files import FileRef
from ratchet.records.judgement import Outcome
from ratchet.records.modelling import Challenger
from ratchet.records.serving_cost import ServingCost, ServingCosts
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import fetch_model

logger = logging.getLogger(__name__)

CONFIDENCE = 0.95  # of each bound of a latency: with twenty calls the next round figure has no bounds at all
LOOKS = 3  # what else the machine does makes a model slower, never quicker: one that fails is measured again
LIMIT = timedelta(minutes=5)  # beside the time for calls: loading, and a batch of a very slow model
SECONDS_PER_HOUR = 3600
PER_PREDICTIONS = 1000


def measure_serving_cost(run: Run, challenger: Challenger, split: Split) -> ServingCosts:
    """Measure the challenger and, where it can be loaded, the champion in a fresh process.

    Raises:
        ArtifactError: the holdout is not what its record says.
    """
    champion = _find_champion(run)
    files = {"challenger": challenger.model} | ({"champion": champion} if isinstance(champion, FileRef) else {})
    plan = run.config.resources
    job = CostMeasurement(
        config=run.config, home=run.home, rows=split.holdout.file, models=tuple(files.items()), seconds=plan.seconds
    )
    limit = LIMIT + timedelta(seconds=2 * plan.seconds)
    unopposed = ServingCost(model="champion", size_bytes=0, problem=champion) if isinstance(champion, str) else None
    serving_costs = ServingCosts(broken=_find_broken(challenger), confidence=CONFIDENCE)
    for _ in range(LOOKS):
        found = run_in_child(measure_models, job, limit=limit, fresh=True)
        if isinstance(found, Lost):
            return replace(serving_costs, problem=found.reason)
        process, readings = found
        costs = {name: _put_together(name, files[name], readings[name], plan) for name in files}
        serving_costs = replace(
            serving_costs,
            challenger=costs["challenger"],
            champion=costs.get("champion", unopposed),
            process_bytes=process,
        )
        if serving_cost(run.config.gates.of(ServingCostGate), serving_costs).outcome is not Outcome.FAIL:
            break
    logger.info("%s %s: measured %s by %d calls", run.model, run.run_id, challenger.name, costs["challenger"].calls)
    return serving_costs


def _find_broken(challenger: Challenger) -> tuple[str, ...]:
    return next((each.broken for each in challenger.placings if each.name == challenger.name), ())


def _find_champion(run: Run) -> FileRef | str | None:
    """Return the champion's file, why it can't be measured, or None when there is none."""
    home = run.home
    try:
        champion = find_champion(home, run.model)
        return None if champion is None else fetch_model(champion, home, judged=True)
    except RatchetError as error:
        return str(error)


def _put_together(name: str, file: FileRef, reading: Reading, plan: Resources) -> ServingCost:
    resident, scratch = reading.resident_bytes, reading.scratch_bytes
    speed = reading.batch_rows / reading.batch_seconds if reading.batch_seconds else None
    calls = reading.call_seconds
    return ServingCost(
        model=name,
        size_bytes=file.size_bytes,
        calls=len(calls),
        latency=measure_quantiles(calls, CONFIDENCE),
        batch_rows=reading.batch_rows,
        rows_per_second=speed,
        load_seconds=reading.load_seconds,
        resident_bytes=resident,
        peak_bytes=None if resident is None or scratch is None else resident + scratch,
        cost_single=_price(fmean(calls) if calls else None, plan),
        cost_batch=_price(1 / speed if speed else None, plan),
        problem=reading.problem,
    )


def _price(seconds: float | None, plan: Resources) -> float | None:
    """Return what a thousand predictions of so many seconds each cost; None without a price or a measurement."""
    if seconds is None or plan.price_per_core_hour is None:
        return None
    return plan.price_per_core_hour / SECONDS_PER_HOUR * PER_PREDICTIONS * seconds
