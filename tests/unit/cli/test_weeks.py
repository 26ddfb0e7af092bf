"""A whole run in one process: first champion, then nothing better, then a bad delivery, then the way back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from builders.projects import MODEL, make_project, write_visits
from ratchet.config.load import load_model
from ratchet.config.run import freeze_run
from ratchet.stages.admit import admit

Command = Callable[..., object]
KEPT = ("run", "ingest", "check", "split", "train-linear", "select", "evaluate", "decide", "promote", "report")
pytestmark = pytest.mark.slow


def test_a_model_s_first_weeks(ratchet: Command, project: Path) -> None:
    make_project(project, rows=1500)
    first = ratchet("run", "sales", "--run-id", "first", "--candidate", "linear", "--json")
    assert first.exit_code == 0, first.stderr
    result = json.loads(first.stdout)
    assert result["verdict"]["unopposed"]
    assert result["promotion"] == result["promotion"] | {"moved": True, "version": 1, "previous": None}
    folder = project / "var" / "runs" / "sales" / "first"
    assert all((folder / f"{name}.json").is_file() for name in KEPT)
    assert (folder / "report.html").is_file()

    again = ratchet("run", "sales", "--run-id", "again", "--candidate", "linear")
    assert again.exit_code == 0, again.stderr
    assert "Champion: version 1 (unchanged;" in again.stdout

    write_visits(project / "data.csv", 1800, missing_share=0.6)
    bad = ratchet("run", "sales", "--run-id", "bad", "--json")
    assert bad.exit_code == 0, bad.stderr
    result = json.loads(bad.stdout)
    assert (result["verdict"]["decision"], result["challenger"]) == ("reject", None)
    assert not (project / "var" / "runs" / "sales" / "bad" / "split.json").exists()

    status = json.loads(ratchet("status", "sales", "--json").stdout)
    assert status[0]["champion"]["version"] == 1
    assert [run["run_id"] for run in status[0]["runs"]] == ["bad", "again", "first"]

    undone = ratchet("rollback", "sales", "--reason", "trying")
    assert undone.exit_code == 1
    assert "nothing changed" in undone.stderr

    story = json.loads(ratchet("ledger", "show", "sales", "--json").stdout)
    unmoved = ["trigger", "admission", "settlement", "verdict", "run"]
    assert [entry["kind"] for entry in story] == [*unmoved[:4], "promotion", "run", *unmoved, *unmoved]
    assert [entry["payload"]["verdict"]["decision"] for entry in story if entry["kind"] == "verdict"][::2] == [
        "promote",
        "reject",
    ]
    assert ratchet("ledger", "verify").exit_code == 0


def test_the_champion_s_own_recipe_renews_it_when_it_has_missed_enough(ratchet: Command, project: Path) -> None:
    renewal = "gates:\n  beats_champion:\n    renewal: {margin: 0.1, unlearnt: 0.4}\n"
    make_project(project, rows=1500, model=MODEL + renewal)

    def run(name: str) -> dict[str, object]:
        done = ratchet("run", "sales", "--run-id", name, "--candidate", "linear", "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    run("first")
    write_visits(project / "data.csv", 2900)
    renewed = run("renewed")
    assert renewed["promotion"]["version"] == 2, renewed["verdict"]["reason"]
    assert renewed["verdict"]["renews"] == 1
    assert renewed["verdict"]["reason"].startswith("promote: beats_champion: renewal: the champion's own recipe, 48%")
    report = (project / "var/runs/sales/renewed/report.html").read_text()
    assert "Renewed" in report
    assert "version 1 was last shown to be better" in report
    (moved,) = json.loads(ratchet("ledger", "show", "sales", "--kind", "promotion", "--json").stdout)[1:]
    assert "renewal: the champion's own recipe" in moved["reason"]

    write_visits(project / "data.csv", 3200)
    kept = run("kept")
    assert (kept["promotion"]["version"], kept["verdict"]["renews"]) == (2, None)
    assert "the champion has missed 9% of what is known, needs 40%" in kept["verdict"]["reason"]


def test_columns_may_have_names_of_any_language(ratchet: Command, project: Path) -> None:
    names = {"age": "größe m²", "visits": "preis (€)", "city": "länge"}
    model = MODEL.replace("linear\n    estimator: linear", "xgboost\n    estimator: xgboost")
    for plain, name in names.items():
        model = model.replace(f"    {plain}: ", f'    "{name}": ')
    make_project(project, rows=1500, model=model)
    header, _, rows = (project / "data.csv").read_text().partition("\n")
    names_there = ",".join(names.get(each, each) for each in header.split(","))
    (project / "data.csv").write_text(f"{names_there}\n{rows}")
    done = ratchet("run", "sales", "--run-id", "first")
    assert done.exit_code == 0, done.stderr
    assert "Champion: version 1 (moved;" in done.stdout
    assert "preis (€)" in (project / "var/runs/sales/first/report.html").read_text()


def test_a_dry_run_promotes_nothing(ratchet: Command, project: Path) -> None:
    make_project(project, rows=1500)
    done = ratchet("run", "sales", "--candidate", "linear", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "Champion: none (unchanged;" in done.stdout


def test_data_that_is_not_there_is_one_sentence(ratchet: Command) -> None:
    done = ratchet("run", "sales")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "data.csv" in done.stderr.splitlines()[-1]
    (end,) = json.loads(ratchet("ledger", "show", "--kind", "run", "--json").stdout)
    assert (end["payload"]["end"]["succeeded"], "data.csv" in end["reason"]) == (False, True)
    (last,) = json.loads(ratchet("status", "sales", "--json").stdout)[0]["runs"]
    assert (last["decision"], last["problem"].split(":")[0], "data.csv" in last["problem"]) == (None, "ingest", True)


def test_the_name_of_a_run_that_had_to_wait_is_refused(ratchet: Command, project: Path) -> None:
    model = load_model(project / "include/models/sales.yaml")
    asked = {"run_id": "waits", "started": datetime.now(UTC)}
    admit(freeze_run(model, project=project, home=project / "var", **asked), (), "sales.retrain")
    done = ratchet("run", "sales", "--run-id", "waits")
    assert done.exit_code == 1
    assert "run waits ends at once: nobody asked for a run; ask again with another --run-id" in done.stderr


def test_a_held_run_is_promoted_by_a_person(ratchet: Command, project: Path) -> None:
    make_project(project, rows=1500, model=MODEL.replace("min_positives: 20", "min_positives: 20\n  min_rows: 9000"))
    held = ratchet("run", "sales", "--run-id", "held", "--candidate", "linear", "--json")
    assert json.loads(held.stdout)["verdict"]["decision"] == "hold"
    nameless = ratchet("approve", "sales", "nobody", "--reason", "fine")
    assert nameless.exit_code == 1
    assert "no such run" in nameless.stderr
    assert "should begin with a letter" in ratchet("approve", "sales", "../sales/held", "--reason", "fine").stderr

    approved = ratchet("approve", "sales", "held", "--reason", "few rows, but seen", "--json")
    assert approved.exit_code == 0, approved.stderr
    assert json.loads(approved.stdout)["version"] == 1
    assert "Promoted after approval" in (project / "var/runs/sales/held/report.html").read_text()
    champion = json.loads(ratchet("status", "sales", "--json").stdout)[0]["champion"]
    assert (champion["version"], champion["run_id"]) == (1, "held")
    story = json.loads(ratchet("ledger", "show", "sales", "--json").stdout)
    assert [entry["kind"] for entry in story[-2:]] == ["approval", "promotion"]
    assert story[-2]["reason"] == "few rows, but seen"


def test_a_team_s_own_model_is_adopted_and_then_faced(ratchet: Command, project: Path) -> None:
    make_project(project, rows=1500)
    rows = pd.read_csv(project / "data.csv")[:700]
    model = HistGradientBoostingClassifier(max_iter=30).fit(rows[["visits", "age"]], rows["bought"])
    joblib.dump(model, project / "team.joblib")
    adopted = ratchet(
        "adopt",
        "sales",
        "--from",
        f"{project}/team.joblib",
        "--reason",
        "it serves today",
        "--run-id",
        "ours",
        "--json",
    )
    assert adopted.exit_code == 0, adopted.stderr
    result = json.loads(adopted.stdout)
    assert (result["verdict"]["decision"], result["verdict"]["unopposed"]) == ("promote", True)
    assert result["promotion"] == result["promotion"] | {"moved": True, "version": 1, "previous": None}
    card = (project / "var" / "runs" / "sales" / "ours" / "model_card.md").read_text()
    assert '"format": "pickle"' in card

    same = ratchet("replay", "ours")
    assert same.exit_code == 0, same.stderr

    next_run = ratchet("run", "sales", "--run-id", "next", "--candidate", "linear", "--json")
    assert next_run.exit_code == 0, next_run.stderr
    result = json.loads(next_run.stdout)
    assert result["findings"]["evaluation"]["champion"] == {"version": 1, "run_id": "ours", "problem": None}
    assert result["findings"]["evaluation"]["holdout_uses"] == 2

    status = json.loads(ratchet("status", "sales", "--json").stdout)
    assert status[0]["champion"]["candidate"] == "adopted"
    story = json.loads(ratchet("ledger", "show", "sales", "--json").stdout)
    assert [each["kind"] for each in story].count("adoption") == 1


def test_what_can_not_be_adopted_ends_in_one_sentence(ratchet: Command, project: Path) -> None:
    gone = ratchet("adopt", "sales", "--from", "gone.pkl", "--reason", "x")
    assert (gone.exit_code, gone.stdout) == (1, "")
    assert gone.stderr == "--from: there is no file 'gone.pkl'; an address begins with models:/ or runs:/\n"
    assert not (project / "var").exists()

    make_project(project, rows=1500)
    absent = ratchet("adopt", "sales", "--from", "models:/team@prod", "--reason", "x", "--run-id", "absent")
    assert absent.exit_code == 1
    assert "models:/team@prod: MLflow has no such model" in absent.stderr
    status = json.loads(ratchet("status", "sales", "--json").stdout)
    assert (status[0]["champion"], status[0]["runs"][0]["decision"]) == (None, None)
