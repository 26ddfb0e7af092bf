"""Keep what seeded runs of a checkout come to, and name each difference between two checkouts.

    python -m tools.golden run CHECKOUT OUT [--only NAME ...] [--data FOLDER] [--keep FOLDER]
    python -m tools.golden compare OUT_BEFORE OUT_AFTER [--names FILE]

`run` asks the command line of CHECKOUT for each scenario, in a home of its own, and writes OUT/<scenario>.json: what
every command answered, the JSON records, incidents, the ledger, the status, and a digest of each column of each Parquet
file. Pages and models are not kept: pages say what records hold, and a model shows in its predictions and figures.
`--keep` leaves the homes in a folder. Public data sets are in RATCHET_TEST_DATA or ../shared/data.

`compare` prints `file path: before -> after` for each difference, and exits with 1 where there is one. A redesign may
rename things: FILE is TOML, and is applied to what was before.

    [words]      # old = "new", for whole keys, file and folder names, and whole values
    [sentences]  # 'regular expression' = "replacement", in longer values
    [reasons]    # 'regular expression of "file path"' = "why it differs on purpose"; counted, not printed
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from tools.golden_records import Json, compare, normalise, read_files

# Only keys that have stayed what they were since there have been models, so that any checkout reads them.
STREAM = """\
model: stream
owner: golden
task: {task}
data:
  source: {{path: {folder}/rows.csv}}
  time: {{column: seen}}
  label_delay: 7d
  target: {{column: y{positive}}}
  features: {{a: numeric, b: numeric, c: numeric, k: categorical}}
  entity: id
  sensitive: [k]
candidates:
  - {{name: linear, estimator: linear}}
  - {{name: boosting, estimator: hist_gradient_boosting, parameters: {{max_iter: 60}}}}
evaluation:
  slices: [{{name: red, column: k, values: [red]}}]
schedule: {{cron: null}}
"""
# The sections that the other gates wait for.
ALL_GATES = """\
decision: {{costs: {{false_positive: 1, false_negative: 4}}}}
policy: {{constraints: [{{figure: log_loss, at_most: 0.69}}]}}
behaviour:
  cases: [{{name: plain, row: {{a: 3.0, b: -2.0}}, at_least: 0.7}}]
  monotone: [{{column: a, direction: increasing, max_share: 0.6}}]
  invariant: [{{column: c, max_share: 0.6}}]
"""
WATCHED = """\
monitoring: {{window: 14d, labels: {{source: {{path: {folder}/labels.csv}}, known_at: known}}}}
backtest: {{prices: {{error: 1, retrain: 500}}}}
"""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One scenario's place: a folder for its inputs, a home, and what each command answered."""

    checkout: Path
    data: Path
    folder: Path
    began: str
    answers: dict[str, Json] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where the checkout writes."""
        return self.folder / "home"

    def python(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run this Python with the checkout's sources."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RATCHET_", "MLFLOW_"))}
        own = {
            "PYTHONPATH": str(self.checkout / "src"),
            "RATCHET_HOME": str(self.home),
            "RATCHET_PROJECT": str(self.checkout),
            "RATCHET_THREADS": "2",
        }
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=self.folder, env=kept | own, capture_output=True, text=True, check=False)

    def ratchet(self, *arguments: object) -> None:
        """Ask the checkout's command line, and keep its answer."""
        done = self.python("-m", "ratchet", *arguments, "--json")
        text = " ".join(str(each).replace(f"{self.folder}/", "") for each in arguments)
        if done.returncode:
            print(f"exit code {done.returncode}: ratchet {text}\n{done.stderr[-2000:]}", file=sys.stderr)
        answer = json.loads(done.stdout) if done.stdout.strip() and not done.returncode else done.stderr
        self.answers[f"{len(self.answers):02} {text}"] = {"exit_code": done.returncode, "answer": answer}

    def run(self, model: Path, as_of: str, *arguments: object) -> None:
        """Retrain as of a day; the run is named after it."""
        self.ratchet("run", model, "--as-of", f"{as_of}T00:00:00Z", "--run-id", f"run-{as_of}", *arguments)

    def conclude(self, model: Path, name: str) -> None:
        """Keep the ledger and the status."""
        self.ratchet("ledger", "show", name, "--limit", 1000)
        self.ratchet("status", model)

    def write_model(self, source: Path, old: str, new: Path) -> Path:
        """Copy a model file, with its data elsewhere."""
        path = self.folder / source.name
        path.write_text(source.read_text().replace(f"path: {old}", f"path: {new}"))
        return path

    def write_stream(self, task: str, sections: str = "", *, turns_on_day: int = 10_000) -> Path:
        """Write 240 days of drawn rows, their late labels and their model; the concept turns around on one day."""
        rng, rows, start = np.random.default_rng(11), 12_000, pd.Timestamp("2025-01-01", tz="UTC")
        seconds = np.sort(rng.uniform(0, 240 * 86_400, rows)).astype(int)
        seen = start + pd.to_timedelta(seconds, unit="s")
        frame = pd.DataFrame(
            {
                "id": [f"p{number:06d}" for number in range(rows)],
                "seen": seen.strftime("%Y-%m-%dT%H:%M:%SZ"),
                **{name: rng.normal(size=rows).round(4) for name in "ab"},
                "c": rng.exponential(size=rows).round(4),
                "k": rng.choice(["red", "blue", "green"], rows),
            }
        )
        score = np.where(seconds // 86_400 > turns_on_day, -1, 1) * (1.5 * frame["a"] - frame["b"])
        score = score + 0.3 * (frame["k"] == "red") + rng.logistic(size=rows)
        grades = np.select([score < -1.2, score < 0.4, frame["c"] > 1], ["low", "mid", "high"], "top")
        frame["y"] = np.where(score > 0, "yes", "no") if task == "binary" else grades
        known = (seen + pd.to_timedelta(rng.uniform(1, 6, rows), unit="D")).strftime("%Y-%m-%dT%H:%M:%SZ")
        frame.to_csv(self.folder / "rows.csv", index=False)
        frame[["id", "seen", "y"]].assign(known=known).to_csv(self.folder / "labels.csv", index=False)
        path = self.folder / "stream.yaml"
        positive = ', positive: "yes", negative: "no"' if task == "binary" else ""
        path.write_text((STREAM + sections).format(folder=self.folder, task=task, positive=positive))
        return path


def run_churn(bench: Bench) -> None:
    """Play the three acts of the demo, without Airflow."""
    deliveries = bench.folder / "deliveries"
    deliveries.mkdir()
    model = bench.write_model(bench.checkout / "include/models/churn.yaml", "var/demo/deliveries", deliveries)
    deliver = "import sys, pathlib, ratchet.demo.acts as a; act = a.ACTS[int(sys.argv[1])]; "
    deliver += "act.deliver(pathlib.Path(sys.argv[2])); print(act.run_id, act.as_of)"
    for number in range(3):
        done = bench.python("-c", deliver, number, deliveries)
        done.check_returncode()
        run_id, as_of = done.stdout.split()
        bench.ratchet("run", model, "--as-of", as_of, "--run-id", run_id)
    bench.conclude(model, "churn")


def run_public(name: str, *days: str) -> Callable[[Bench], None]:
    """Retrain on a public data set as of some days."""

    def play(bench: Bench) -> None:
        model = bench.write_model(bench.checkout / f"tests/models/{name}.yaml", "data", bench.data)
        for day in days:
            bench.run(model, day)
        bench.conclude(model, name)

    return play


def run_multiclass(bench: Bench) -> None:
    """Retrain on four classes, twice."""
    model = bench.write_stream("multiclass")
    bench.run(model, "2025-06-01")
    bench.run(model, "2025-08-01")
    bench.conclude(model, "stream")


def run_gates(bench: Bench) -> None:
    """Ask every gate, promote over a champion, retrain dry, replay the verdict, and roll back."""
    model = bench.write_stream("binary", ALL_GATES)
    bench.run(model, "2025-05-01", "--candidate", "boosting")
    bench.run(model, "2025-08-01", "--reason", "newer rows")
    bench.run(model, "2025-08-20", "--dry-run")
    bench.ratchet("replay", "run-2025-08-01")
    bench.ratchet("rollback", model, "--reason", "to see the one before")
    bench.conclude(model, "stream")


def run_series(bench: Bench) -> None:
    """Score and watch seven windows with late labels; the concept turns around at the end of the third."""
    model = bench.write_stream("binary", WATCHED, turns_on_day=170)
    bench.run(model, "2025-05-01")
    for day in ("05-20", "06-05", "06-20", "07-05", "07-20", "08-05", "08-20"):
        at = ("--as-of", f"2025-{day}T00:00:00Z", "--run-id")
        bench.ratchet("score", model, "--source", bench.folder / "rows.csv", *at, f"score-{day}")
        bench.ratchet("monitor", model, *at, f"watch-{day}")
    bench.conclude(model, "stream")


def run_backtest(bench: Bench) -> None:
    """Replay schedules on rows whose concept turns around half-way."""
    bench.ratchet(
        "backtest", bench.write_stream("binary", WATCHED, turns_on_day=120), "--as-of", "2025-08-20T00:00:00Z"
    )


SCENARIOS: dict[str, Callable[[Bench], None]] = {
    "churn": run_churn,
    "electricity": run_public("electricity", "1997-06-01", "1998-01-01", "1998-09-01"),
    "bike_sharing": run_public("bike_sharing", "2012-03-01", "2012-10-01"),
    "multiclass": run_multiclass,
    "gates": run_gates,
    "series": run_series,
    "backtest": run_backtest,
}


def run(checkout: Path, out: Path, data: Path, keep: Path | None, only: list[str]) -> None:
    """Play the scenarios, and write one file for each."""
    if not data.is_dir():
        raise SystemExit(f"{data}: no such folder; give the public data sets by --data or RATCHET_TEST_DATA")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for name in only or SCENARIOS:
            folder = ((keep or Path(temporary)) / name).resolve()
            folder.mkdir(parents=True)
            bench = Bench(checkout=checkout, data=data, folder=folder, began=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
            SCENARIOS[name](bench)
            places = {str(folder): "<folder>", str(data): "<data>", str(checkout): "<checkout>"}
            files = read_files(bench.home, places, bench.began)
            found = {"commands": normalise(bench.answers, places, bench.began), "files": files}
            (out / f"{name}.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
            print(f"{name}: {len(found['commands'])} commands, {len(found['files'])} files", flush=True)


def main() -> int:
    """Read the command line."""
    data = os.environ.get("RATCHET_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run")
    runs.add_argument("checkout", type=Path)
    runs.add_argument("out", type=Path)
    runs.add_argument("--data", type=Path, default=Path(data))
    runs.add_argument("--keep", type=Path)
    runs.add_argument("--only", nargs="*", choices=SCENARIOS, default=[])
    compares = commands.add_parser("compare")
    compares.add_argument("before", type=Path)
    compares.add_argument("after", type=Path)
    compares.add_argument("--names", type=Path)
    asked = parser.parse_args()
    if asked.command == "run":
        run(asked.checkout.resolve(), asked.out, asked.data.resolve(), asked.keep, asked.only)
        return 0
    names = tomllib.loads(asked.names.read_text()) if asked.names else {}
    return 1 if compare(asked.before, asked.after, names) else 0


if __name__ == "__main__":
    sys.exit(main())
