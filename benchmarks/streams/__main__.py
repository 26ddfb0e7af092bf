"""Four real streams replayed window by window: alerts beside the realised performance, and rows without drift.

    python -m benchmarks.streams [--sets electricity ...] [--random-windows 30]

A champion is frozen on the first 30 % of each stream and monitored with the YAML's defaults (without the domain
classifier, which never makes a model red); labels come two windows late. A window is truly degraded when, with all its
labels, the primary metric is at least 5 % worse than on the champion's holdout, and that is shown (one-sided 95 %, days
drawn anew on both sides). Windows with too few rows to tell count as not degraded. Evidently is asked on the same
windows against the same holdout.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from benchmarks.streams.hits import Hits, count_hits
from benchmarks.streams.peer import SHARE, measure_share
from benchmarks.streams.replay import SEED, Prepared, prepare, replay, truths_of
from benchmarks.streams.sets import LABEL_WINDOWS, READERS, shuffle_period
from benchmarks.streams.truth import Rows, Truth, find_truth
from ratchet.drift.reference import list_kinds
from ratchet.records.alerts import AlertLevel, AlertReport
from ratchet.records.columns import LABEL, PREDICTION, SCORE, TIME

RAISED = (AlertLevel.YELLOW, AlertLevel.RED)
LOST = ("performance.*", "long_performance.*", "sudden.*", "slow.*")  # what labels show of the primary metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What was said at the end of one window, and what really happened in it.

    Attributes:
        alert_report: ours.
        truth: what happened.
        peer: the share of columns that Evidently finds drifted.
    """

    alert_report: AlertReport
    truth: Truth
    peer: float


def has_red(week: Week, *names: str) -> bool:
    """Tell whether a signal with a name of some patterns is red."""
    reds = [alert.signal.name for alert in week.alert_report.alerts if alert.level is AlertLevel.RED]
    return any(fnmatchcase(name, pattern) for name in reds for pattern in names)


RULES: dict[str, Callable[[Week], bool]] = {
    "a feature's drift is red": lambda week: has_red(week, "drift.*"),
    "the prediction's drift is red": lambda week: has_red(week, "prediction"),
    "the loss that labels show is red": lambda week: has_red(week, *LOST),
    "the model is red": lambda week: week.alert_report.level is AlertLevel.RED,
    "the model is yellow or red": lambda week: week.alert_report.level in RAISED,
    "Evidently: half of the columns": lambda week: week.peer >= SHARE,
    "Evidently: any column": lambda week: week.peer > 0,
}


def is_degraded(week: Week) -> bool:
    """Tell whether a window was truly worse; of rows without drift this says how often the truth itself is wrong."""
    return bool(week.truth.degraded)


def live(name: str, random_windows: int) -> tuple[str, list[Week], float]:
    """Replay a stream, or rows drawn at random from one period of it, and say how long that took."""
    began = time.process_time()
    stream = next(read for read in READERS if read.__name__ == f"read_{name}")()
    if random_windows:
        stream = shuffle_period(stream, random_windows, SEED)
    with TemporaryDirectory(prefix="ratchet-streams-") as folder:
        prepared = prepare(stream, Path(folder))
        reports = replay(prepared)
    truths = find_truth(stream.config.metric, _as_rows(prepared, prepared.holdout), list(_cut(prepared)))
    peers = _ask_peer(prepared)
    weeks = [Week(alert_report=a, truth=b, peer=c) for a, b, c in zip(reports, truths, peers, strict=True)]
    return name, weeks, time.process_time() - began


def _cut(prepared: Prepared) -> list[Rows]:
    return [_as_rows(prepared, prepared.within(window)) for window in prepared.windows]


def _as_rows(prepared: Prepared, rows: pd.DataFrame) -> Rows:
    days = rows[TIME].dt.floor("D").astype("int64").to_numpy()
    return Rows(labels=truths_of(prepared.stream, rows), scores=rows[SCORE].to_numpy(), days=days)


def _ask_peer(prepared: Prepared) -> list[float]:
    kinds = {name: kind for name, kind in list_kinds(prepared.stream.config).items() if name not in (LABEL, PREDICTION)}
    return [
        measure_share(prepared.holdout, prepared.within(window), kinds, seed)
        for seed, window in enumerate(prepared.windows)
    ]


def show_stream(console: Console, name: str, weeks: Sequence[Week]) -> None:
    """Print what each rule's alerts are worth on one stream."""
    hits = {rule: count_hits(*_mark(weeks, is_raised), delay=LABEL_WINDOWS) for rule, is_raised in RULES.items()}
    first = next(iter(hits.values()))
    too_few = sum(week.truth.degraded is None for week in weeks)
    title = (
        f"{name}: {first.windows} windows, {first.degraded} degraded in {first.outbreaks} outbreaks"
        f" ({too_few} with too few rows to tell); always alarming is right {first.chance:.0%} of the time"
    )
    table = Table("alert", "windows", "precision", "recall", "outbreaks caught", "lead, windows", title=title)
    for rule, found in hits.items():
        table.add_row(rule, *_tell(found))
    console.print(table)


def _mark(weeks: Sequence[Week], is_raised: Callable[[Week], bool]) -> tuple[list[bool], list[bool]]:
    return [is_degraded(week) for week in weeks], [is_raised(week) for week in weeks]


def _tell(hits: Hits) -> list[str]:
    shares = ["-" if share is None else f"{share:.0%}" for share in (hits.precision, hits.recall)]
    lead = "-" if hits.lead is None else f"{hits.lead:+.1f}"
    return [str(hits.alerts), *shares, f"{hits.caught} of {hits.outbreaks}", lead]


def show_random(console: Console, lived: Sequence[tuple[str, list[Week], float]]) -> None:
    """Print how often windows without drift alarm, and between which rates that may lie."""
    table = Table("rows drawn at random from one period", *(name for name, _, _ in lived), "together", "95 % interval")
    for rule, is_raised in {**RULES, "degraded, as it is defined above": is_degraded}.items():
        raised = [[is_raised(week) for week in weeks] for _, weeks, _ in lived]
        total, windows = sum(map(sum, raised)), sum(map(len, raised))
        interval = binomtest(total, windows).proportion_ci(method="exact")
        cells = [f"{sum(each)} of {len(each)}" for each in raised]
        table.add_row(rule, *cells, f"{total / windows:.1%}", f"{interval.low:.1%} - {interval.high:.1%}")
    console.print(table, "aim: the model is red in at most one of 100 windows")


def main() -> None:
    """Replay and print."""
    names = [read.__name__.removeprefix("read_") for read in READERS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--random-windows", type=int, default=30, help="of each set; 0 for none")
    asked = parser.parse_args()
    console = Console(width=130)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        streams = [workers.submit(live, name, 0) for name in asked.sets]
        random = [workers.submit(live, name, asked.random_windows) for name in asked.sets if asked.random_windows]
        for future in streams:
            name, weeks, seconds = future.result()
            show_stream(console, name, weeks)
            console.print(f"({name}: {seconds:.0f} s)\n")
        if random:
            show_random(console, [future.result() for future in random])


if __name__ == "__main__":
    main()
