import json

from builders.champions import make_champion, make_champion_home, write_new_rows
from builders.runs import make_config, make_run
from ratchet.stages import score as stage

YAML = """\
model: sales
task: binary
data:
  source: {path: data.csv}
  time: {column: when}
  target: {column: bought, positive: "yes", negative: "no"}
  features: {age: numeric, city: categorical, member: boolean}
scoring:
  source: {path: new.csv}
"""


def make_site(project, monkeypatch):
    home = make_champion_home(project)
    monkeypatch.setenv("RATCHET_HOME", str(home))
    (project / "include" / "models" / "sales.yaml").write_text(YAML)
    make_champion(make_run(home, make_config()))
    write_new_rows(project, 10, first=240)
    return home


def test_rows_are_scored_once_and_the_place_is_told(project, ratchet, monkeypatch):
    home = make_site(project, monkeypatch)
    done = ratchet("score", "sales")
    assert done.exit_code == 0, done.stderr
    assert "Scored:  10 rows with version 1" in done.stdout
    assert f"Dataset: {home}/predictions/sales" in done.stdout
    once_more = json.loads(ratchet("score", "sales", "--json").stdout)
    assert (once_more["rows"], once_more["rows_known"]) == (0, 10)
    missing = ratchet("score", "sales", "--source", "none.csv")
    assert (missing.exit_code, "or `--source`" in missing.stderr) == (1, True)


def test_what_is_wrong_is_one_sentence(project, ratchet, monkeypatch):
    done = ratchet("score", "sales")
    assert done.exit_code == 1
    assert "sales has no champion: nothing can be scored" in done.stderr
    home = make_site(project, monkeypatch)
    monkeypatch.setattr(stage, "WAIT_SECONDS", 0.1)
    with stage.held_lock(home / "locks" / "score-sales.lock"):
        done = ratchet("score", "sales")
    assert "another scoring of sales is not done: nothing changed, ask again later" in done.stderr
