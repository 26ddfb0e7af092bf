"""Replay a model's history under several schedules, and say which to use."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from ratchet.backtest.choosing import Ledger, choose_all, cost_of, list_choices
from ratchet.backtest.history import History
from ratchet.backtest.past_models import candidates_of
from ratchet.backtest.periods import WEEK, Timeline
from ratchet.backtest.schedules import DESCRIPTIONS, UNGATED, fixed_schedules, hybrid_settings, write_schedule
from ratchet.backtest.store import Store
from ratchet.backtest.ungated import FITS, replay_ungated
from ratchet.backtest.workers import JOB, Job, Workers, follow, make_model, open_facts, open_history
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.errors import DataError
from ratchet.metrics.registry import find_metric
from ratchet.records.backtest import Backtest, PastModel, PolicyCost, ReplayPeriod, Track
from ratchet.records.data import Table
from ratchet.stages.ingest import ingest

LARGE_GAP = 0.8  # of the mistakes: that much is no matter of chance or of a gate
FORMAT = 3  # of what is kept on disk; a change makes all of it anew
COUNTS: dict[str, bool | set[str]] = {
    **dict.fromkeys(
        ("task", "data", "split", "candidates", "refit", "calibration", "decision", "evaluation", "policy"), True
    ),
    "gates": {"beats_baseline", "beats_champion", "guard_metrics", "policy"},
    "monitoring": {"window", "drift", "alerts"},
    "backtest": {"first", "periods", "policies", "rolling"},
}
SNAPSHOT = "history"
KEPT = 3  # replays of a model


class Watch(Protocol):
    """Who is told how far the replay is."""

    def __call__(self, what: str, parts: int) -> Callable[[], None]:
        """Announce work of so many parts; what is returned is called when one is done."""


def unwatched(what: str, parts: int) -> Callable[[], None]:
    """Watch nothing."""
    del what, parts
    return lambda: None


def run_backtest(run: Run, watch: Watch = unwatched, *, processes: int) -> Backtest:
    """Replay a model's history; what an earlier replay of the same found out is not found out again.

    Raises:
        DataError: the source can't be used, or the history is too short.
    """
    folder = prepare(run)
    with Workers(processes) as workers:
        return compare_schedules(folder, run.config, watch, workers)


def prepare(run: Run) -> str:
    """Take a snapshot and return the folder of the replay: another one for other rows or another YAML."""
    home = run.home / "backtests"
    config = run.config.model_copy(update={"candidates": candidates_of(run.config)})
    own = run.model_copy(update={"config": config, "home": home, "run_id": SNAPSHOT, "candidates": ()})
    table = ingest(own)
    folder = home / run.model / fingerprint(config, table)
    Store(folder).keep(JOB, Job(run=own, table=table))
    forget_oldest(folder.parent)
    return str(folder)


def forget_oldest(folder: Path) -> None:
    """Remove all but the newest replays of a model: each day's rows make a new one, with every model's predictions."""
    jobs = sorted(folder.glob(f"[!.]*/{JOB}.json"), key=lambda path: path.stat().st_mtime)
    for job in jobs[:-KEPT]:
        shutil.rmtree(job.parent)


def fingerprint(config: ModelConfig, table: Table) -> str:
    """Return a digest of all that a replay depends on; prices, owner and cron line, for instance, it does not."""
    text = f"{FORMAT} {config.schedule.seed} {table.fingerprint} {config.model_dump_json(include=COUNTS)}"
    return sha256(text.encode()).hexdigest()[:16]


def compare_schedules(folder: str, config: ModelConfig, watch: Watch, workers: Workers) -> Backtest:
    """Make the models and replay every schedule at the prices of a YAML.

    Raises:
        DataError: there is no model to begin with.
    """
    _, history = open_history(folder)
    timeline = history.timeline
    done = watch("models", timeline.periods)
    workers.do(make_model, [(folder, 0)], done)  # alone: without it the others would be made for nothing
    if why := open_facts(folder).model(0).problem:
        raise DataError(f"{config.model}: no model could be made to begin with ({why}); set a larger `backtest.first`")
    workers.do(make_model, [(folder, period) for period in range(1, timeline.periods)], done)
    models = read_models(folder, timeline.periods)
    fixed, settings = fixed_schedules(config), hybrid_settings()
    every = [*(fixed[name] for name in config.backtest.policies if name in fixed), *settings]
    found = workers.do(follow, [(folder, (schedule,)) for schedule in every], watch("schedules", len(every)))
    tracks = dict(zip((each.name for each in every), found, strict=True))
    prices = config.backtest.prices
    tracks |= {
        name: replay_ungated(name, models, timeline, prices) for name in FITS if name in config.backtest.policies
    }
    ledger = Ledger(
        settings=settings,
        tracks=tuple(tracks[each.name] for each in settings),
        timeline=timeline,
        prices=prices,
        weekly_error=models[0].holdout_error * rows_a_week(history),
        run_seconds=models[0].seconds,
    )
    return _sum_up(folder, config, models, ledger, tracks)


def rows_a_week(history: History) -> float:
    """Return how many rows a week had before the model went live."""
    timeline = history.timeline
    before = history.moments[history.moments <= timeline.edges[0]]
    span = timeline.time_of(int(before.max())) - timeline.time_of(int(before.min()))
    return len(before) / max(span / WEEK, timedelta(days=1) / WEEK)


def read_models(folder: str, periods: int) -> tuple[PastModel, ...]:
    """Return every period's model.

    Raises:
        ArtifactError: one of them is not there.
    """
    facts = open_facts(folder)
    return tuple(facts.model(period) for period in range(periods))


def _sum_up(
    folder: str, config: ModelConfig, models: Sequence[PastModel], ledger: Ledger, tracks: dict[str, Track]
) -> Backtest:
    history, timeline, plan = open_history(folder)[1], ledger.timeline, config.backtest
    used = choose_all(ledger)
    live = follow(folder, tuple(ledger.settings[place] for place in used[:-1]))
    tracks = tracks | {"hybrid": replace(live, policy="hybrid")}
    rows = np.bincount(history.periods[history.periods >= 0], minlength=timeline.periods).tolist()
    price = partial(cost_of, prices=plan.prices, rows=rows)
    best = ledger.settings[used[-1]]
    costs: dict[str, PolicyCost] = {
        name: price(tracks[name], name=name, description=DESCRIPTIONS[name]) for name in plan.policies
    }
    in_hindsight = price(tracks[best.name], name="recommended", description=best.name)
    return Backtest(
        model=config.model,
        metric=config.metric,
        is_loss=find_metric(config.metric).is_loss,
        unit=_unit_of(config),
        prices=(plan.prices.error, plan.prices.retrain, plan.prices.compute_second),
        has_clock=config.data.has_clock,
        first_rows=int((history.periods < 0).sum()),
        periods=_list_periods(timeline, rows),
        costs=tuple(costs.values()),
        tracks=tuple(tracks[name] for name in plan.policies),
        choices=list_choices(ledger, used),
        recommended=best.name,
        in_hindsight=in_hindsight,
        schedule=write_schedule(best),
        notes=(*note_gap(costs, in_hindsight), *_list_notes(history, config, models)),
    )


def _unit_of(config: ModelConfig) -> str:
    if config.task == "regression":
        return "units of absolute error"
    return "units of `decision.costs`" if config.decision.costs else "wrong decisions"


def _list_periods(timeline: Timeline, rows: list[int]) -> tuple[ReplayPeriod, ...]:
    edges = [timeline.time_of(edge) for edge in timeline.edges]
    return tuple(
        ReplayPeriod(start=start, end=end, rows=count)
        for (start, end), count in zip(pairwise(edges), rows, strict=True)
    )


def _list_notes(history: History, config: ModelConfig, models: Sequence[PastModel]) -> tuple[str, ...]:
    """Say what is simpler than in production, as far as it matters here."""
    names = ", ".join(spec.name for spec in candidates_of(config))
    always = (
        f"a retrain fits {names} and asks the gates on the whole holdout (beats_baseline, beats_champion, guard "
        "metrics); a challenger that would be held for a person is not promoted"
    )
    return (
        *_note_time(history.timeline, config),
        *_note_lost(models),
        *_note_changes(models),
        *_note_policy(config, models),
        *_note_prices(config),
        always,
    )


def note_gap(costs: Mapping[str, PolicyCost], recommended: PolicyCost) -> Iterator[str]:
    """Say when a fit that no gate was asked about would have made far fewer mistakes, and what that points to."""
    ungated = [costs[name] for name in UNGATED if name in costs]
    best = min(ungated, key=lambda each: each.error_cost, default=None)
    if best is None or not recommended.error_cost or best.error_cost > LARGE_GAP * recommended.error_cost:
        return
    fewer = 1 - best.error_cost / recommended.error_cost
    why = (
        "old rows mislead here: let `split.window` leave them out"
        if best.policy == "rolling"
        else "the gates wait for proof while the world moves: retrain more often, or judge on fewer rows"
    )
    yield f"`{best.policy}` makes {fewer:.0%} fewer mistakes than the recommended schedule, with no gate asked; {why}"


def _note_time(timeline: Timeline, config: ModelConfig) -> Iterator[str]:
    if timeline.rows_a_week is not None:
        yield f"the data has no clock: {timeline.rows_a_week:,} rows (`monitoring.window`) stand for a week"
    length = timeline.start_of(1) - timeline.start_of(0)
    if length > WEEK:
        yield (
            f"a period is {length / WEEK:.1f} weeks long, as `backtest.periods` is {config.backtest.periods}: what is "
            "asked for within a period runs at its end, and all its runs are paid for"
        )


def _note_lost(models: Sequence[PastModel]) -> Iterator[str]:
    lost = [model for model in models if model.problem is not None]
    if lost:
        yield f"{len(lost)} of {len(models)} retrains would have given no model, the first because {lost[0].problem}"


def _note_changes(models: Sequence[PastModel]) -> Iterator[str]:
    changed = [model for model in models if model.since is not None]
    if changed:
        yield (
            f"after a change, {len(changed)} of {len(models)} retrains learn and judge by the rows since it; it is "
            "looked for in the losses of the first model, not of each champion"
        )


def _note_policy(config: ModelConfig, models: Sequence[PastModel]) -> Iterator[str]:
    if config.policy.figures:
        broken = sum(bool(model.broken) for model in models)
        yield (
            "a retrain chooses by the YAML's `policy`, with times and sizes as this machine measures them; in "
            f"{broken} of {len(models)} no candidate met its constraints"
        )


def _note_prices(config: ModelConfig) -> Iterator[str]:
    paid_for = "mae" if config.task == "regression" else "accuracy"
    if config.decision.costs is not None or config.metric != paid_for:
        yield (
            f"the gates judge by {config.metric}, and what is paid for is {_unit_of(config)}: a model that is promoted "
            "may cost more than the one before"
        )
