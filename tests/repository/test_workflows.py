"""The workflows run nothing that somebody else can change, and may do nothing that they need not."""

import re

import pytest
import yaml

PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


@pytest.fixture(scope="module")
def workflows(repository):
    return {path.name: yaml.safe_load(path.read_text()) for path in (repository / ".github/workflows").glob("*.yml")}


@pytest.fixture(scope="module")
def jobs(workflows):
    return {(name, key): job for name, each in workflows.items() for key, job in each["jobs"].items()}


def test_actions_are_pinned_to_a_commit(jobs):
    uses = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert uses
    assert [use for use in uses if not PINNED.fullmatch(use)] == []


def test_nothing_is_allowed_but_reading(workflows, jobs):
    assert all(each["permissions"] == {} for each in workflows.values())
    assert all(job["permissions"] == {"contents": "read"} for job in jobs.values())
    checkouts = [s for job in jobs.values() for s in job["steps"] if s.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_an_older_run_of_a_branch_is_cancelled_and_none_hangs(workflows, jobs):
    assert all(each["concurrency"]["cancel-in-progress"] is True for each in workflows.values())
    assert all("timeout-minutes" in job for job in jobs.values())


def test_the_jobs_run_all_that_make_check_runs(repository, jobs):
    makefile = (repository / "Makefile").read_text()
    parts = re.search(r"^check: (.*?) ##", makefile, flags=re.MULTILINE)
    run = " ".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    assert parts
    assert set(parts[1].split()) <= set(re.findall(r"[\w-]+", run))


def test_no_text_from_outside_is_put_into_a_script(repository):
    for path in (repository / ".github/workflows").glob("*.yml"):
        steps = [s for job in yaml.safe_load(path.read_text())["jobs"].values() for s in job["steps"]]
        assert all("${{" not in step.get("run", "") for step in steps)
