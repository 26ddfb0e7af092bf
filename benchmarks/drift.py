"""Drift numbers beside Evidently's, in one run: false alarms, power, speed.

    python -m benchmarks.drift [--part alarms|power|speed|memory] [--windows 60]

Everything is drawn from a seed. An alarm of ours is a column whose level is not "none"; Evidently's are those of its
own functions at its own limits, called directly, which is the quickest way to have them.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from benchmarks.drift_peer import peer_alarms, time_peer
from ratchet.data.parquet_reader import read_batches
from ratchet.drift.measuring import compare_profiles
from ratchet.drift.merging import merge_profiles
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import Drift, DriftLevel
from ratchet.records.profile import Profile, Reference

SEED = 20240501
COLUMNS = 20
REFERENCE_ROWS = 20_000
ROWS, MANY_ROWS = 1_000_000, 10_000_000
THREADS = 2
KINDS = {f"x{place}": ColumnKind.NUMERIC for place in range(COLUMNS)}
Watch = tuple[Reference, Profile]


def draw_rows(chance: np.random.Generator, rows: int, columns: int = COLUMNS) -> pa.Table:
    """Draw independent normal columns."""
    return pa.table({f"x{place}": chance.normal(size=rows) for place in range(columns)})


def watch(rows: pa.Table, kinds: dict[str, str]) -> Watch:
    """Make a reference of rows, and their profile."""
    reference = make_reference(rows.to_batches(), kinds, seed=SEED)
    return reference, profile_rows(rows.to_batches(), reference)


def compare(watched: Watch, rows: pa.Table, seed: int = 0) -> Drift:
    """Profile rows and measure their drift."""
    return compare_profiles(*watched, profile_rows(rows.to_batches(), watched[0]), seed=seed)


def show_alarms(console: Console, windows: int) -> None:
    """Print how often windows without drift raise an alarm: in a column, and in any of the 20."""
    names = ("ours", "ours, 20,000 reference rows", "Evidently PSI", "Evidently's default")
    table = Table("rows then and now", "windows, ours / its", *(f"{name}: a column, any" for name in names))
    for rows in (50, 100, 200, 2000, 100_000):
        repeats = windows if rows <= 2000 else max(1, windows // 6)
        alarms = measure_alarms(rows, repeats, repeats if rows <= 2000 else 1)
        cells = [f"{each.mean():.2%}, {each.any(axis=1).mean():.1%}" for each in alarms]
        table.add_row(f"{rows:,}", f"{repeats} / {len(alarms[-1])}", *cells)
    console.print(table, "aim: a column <= 3 %, any of 20 <= 5 %; Evidently's reference has as many rows as the window")


def measure_alarms(rows: int, repeats: int, peers: int) -> list[np.ndarray]:
    """Return who raised an alarm, a row a window and a column a column, in the order of the table."""
    chance = np.random.default_rng([SEED, rows])
    found: list[list[list[bool]]] = [[], [], [], []]
    for window in range(repeats):
        if window % 10 == 0:
            long = draw_rows(chance, max(REFERENCE_ROWS, rows))
            long_watch = watch(long, KINDS)
        before, now = draw_rows(chance, rows), draw_rows(chance, rows)
        found[0].append(_see_alarms(compare(watch(before, KINDS), now, seed=window)))
        found[1].append(_see_alarms(compare(long_watch, now, seed=window)))
        if window < peers:
            psi, default = peer_alarms(before, now)
            found[2].append(psi)
            found[3].append(default)
    return [np.array(each) for each in found]


def _see_alarms(drift: Drift) -> list[bool]:
    return [column.level is not DriftLevel.NONE for column in drift.columns]


def show_power(console: Console, windows: int) -> None:
    """Print how often real drift is found, and as what."""
    chance = np.random.default_rng(SEED)
    watched = watch(draw_rows(chance, REFERENCE_ROWS, 1), {"x0": ColumnKind.NUMERIC})
    table = Table("drift", "found", "level", "what moved")
    for name, rows, change in CHANGES:
        drifts = [compare(watched, pa.table({"x0": change(chance.normal(size=rows))}), seed) for seed in range(windows)]
        found = np.mean([drift.level is not DriftLevel.NONE for drift in drifts])
        last = drifts[-1].columns[0]
        moved = last.movement.bins[0]
        levels = sorted({str(drift.level) for drift in drifts})
        story = (
            f"{moved.label}: {moved.then:.2%} then, {moved.now:.2%} now; median {last.movement.median_shift:+.2f} sd"
        )
        table.add_row(name, f"{found:.1%}", ", ".join(levels), story)
    console.print(table, "aim: 0.5 sd at 2,000 rows >= 95 %")


def _add_outlier(values: np.ndarray) -> np.ndarray:
    return np.append(values + 1, 1e6)


def _move_tail(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[: -len(values) // 50], np.full(len(values) // 50, 6.0)])


CHANGES: tuple[tuple[str, int, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("0.5 sd, 2,000 rows", 2000, lambda values: values + 0.5),
    ("1 sd and one value of 1e6, 2,000 rows", 2000, _add_outlier),
    ("0.35 sd, 1,000 rows", 1000, lambda values: values + 0.35),
    ("0.35 sd, 1,001 rows", 1001, lambda values: values + 0.35),
    ("2 % of the rows to +6 sd, 2,000 rows", 2000, _move_tail),
)


def show_speed(console: Console, folder: Path) -> None:
    """Print what a million rows cost, beside a bare read and Evidently's PSI preset."""
    chance = np.random.default_rng(SEED)
    then_path, now_path = folder / "then.parquet", folder / "now.parquet"
    for path in (then_path, now_path):
        pq.write_table(draw_rows(chance, ROWS), path, compression="zstd", row_group_size=1 << 17)
    reference = make_reference(read_batches(then_path), KINDS)
    then = profile_rows(read_batches(then_path), reference, threads=THREADS)
    pa.set_cpu_count(THREADS)
    bare, ours = [], []
    for _ in range(5):  # turn by turn, so that a busy machine is busy for both
        bare.append(_time(lambda: pq.read_table(now_path)))
        ours.append(
            _time(
                lambda: compare_profiles(
                    reference, then, profile_rows(read_batches(now_path), reference, threads=THREADS)
                )
            )
        )
    peer = time_peer(then_path, now_path)
    month = _time_month(reference, then, folder)
    table = Table("1,000,000 x 20", "seconds", "ratio", "aim")
    mine, read = float(np.median(ours)), float(np.median(bare))
    table.add_row("profile and drift", f"{mine:.2f}", "", "")
    table.add_row("bare read of the Parquet", f"{read:.2f}", f"ours / it = {mine / read:.1f}", "<= 4")
    table.add_row(
        "Evidently's PSI preset, on frames in memory", f"{peer:.1f}", f"it / ours = {peer / mine:.0f}", ">= 15"
    )
    table.add_row("30 stored daily profiles: read, merge, drift", f"{month:.2f}", "", "< 1 s")
    console.print(table)


def _time(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _time_month(reference: Reference, then: Profile, folder: Path) -> float:
    adapter = TypeAdapter(Profile)
    for day in range(30):
        (folder / f"{day}.json").write_bytes(adapter.dump_json(then))
    days = [folder / f"{day}.json" for day in range(30)]
    return _time(
        lambda: compare_profiles(
            reference, then, merge_profiles([adapter.validate_json(day.read_bytes()) for day in days])
        )
    )


def show_memory(console: Console, folder: Path) -> None:
    """Print the peak memory of profiling ten million rows, in a process of its own."""
    path = folder / "many.parquet"
    write_many(path)
    code = (
        "import sys; from pathlib import Path; from benchmarks.drift import KINDS, THREADS;"
        "from ratchet.models.group import read_memory;"
        "from ratchet.data.parquet_reader import read_batches; from ratchet.drift.profiles import profile_rows;"
        "from ratchet.drift.reference import make_reference; from ratchet.drift.measuring import compare_profiles;"
        "path = Path(sys.argv[1]); reference = make_reference(read_batches(path), KINDS);"
        "then = profile_rows(read_batches(path), reference, threads=THREADS);"
        # not `ru_maxrss`: a child begins with its parent's
        "compare_profiles(reference, then, then); print((read_memory('VmHWM') or float('nan')) / 2**20)"
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    console.print(
        f"10,000,000 x 20: reference, profile and drift in {seconds:.1f} s, peak {float(done.stdout):,.0f} MiB "
        "(aim: under 2,048)"
    )


def write_many(path: Path) -> None:
    """Write ten million rows a hundred thousand at a time."""
    chance = np.random.default_rng(SEED)
    parts: Iterator[pa.Table] = (draw_rows(chance, 100_000) for _ in range(MANY_ROWS // 100_000))
    first = next(parts)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("alarms", "power", "speed", "memory"))
    parser.add_argument("--windows", type=int, default=60)
    options = parser.parse_args()
    console = Console(width=150)
    with tempfile.TemporaryDirectory(prefix="ratchet-drift-") as folder:
        parts: dict[str, Callable[[], None]] = {
            "alarms": lambda: show_alarms(console, options.windows),
            "power": lambda: show_power(console, 100),
            "speed": lambda: show_speed(console, Path(folder)),
            "memory": lambda: show_memory(console, Path(folder)),
        }
        for name, show in parts.items():
            if options.part in (None, name):
                began = time.perf_counter()
                show()
                console.print(f"({name}: {time.perf_counter() - began:.0f} s)\n")


if __name__ == "__main__":
    main()
