"""A small client of Airflow's REST API: what the demo, the benchmark and the tests ask of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ratchet.errors import ServiceError

FINISHED = frozenset({"success", "failed"})
POLL_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task of a run.

    Attributes:
        task: its id.
        label: what the UI shows for a mapped instance; empty otherwise.
        state: Airflow's word for it; None before it is scheduled.
        seconds: how long it ran; None before it ends.
        tries: how often it was started.
    """

    task: str
    label: str
    state: str | None
    seconds: float | None
    tries: int


class AirflowApi:
    """Airflow's API as one user."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._login = {"username": user, "password": password}
        self._client = httpx.Client(base_url=url, timeout=30)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def is_up(self) -> bool:
        """Tell whether the API answers and the scheduler and dag-processor beat."""
        try:
            health = self._client.get("/api/v2/monitor/health", timeout=2).json()
        except (httpx.HTTPError, ValueError):
            return False
        parts = ("scheduler", "dag_processor", "triggerer", "metadatabase")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Call the API, logging in first when needed.

        Raises:
            ServiceError: it did not answer, or refused.
        """
        try:
            answer = self._client.request(method, f"/api/v2{path}", json=body)
            # The first call has no token yet; one that has expired is replaced in the same way.
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._log_in()
                answer = self._client.request(method, f"/api/v2{path}", json=body)
        except httpx.HTTPError as error:
            raise ServiceError(f"Airflow at {self._client.base_url} does not answer: {error}") from error
        if answer.is_error:
            raise ServiceError(f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def token(self) -> str:
        """Return a token of this user, as other clients may send it."""
        self._log_in()
        return self._client.headers["Authorization"].removeprefix("Bearer ")

    def wait_for_dag(self, dag_id: str, *, timeout_seconds: float) -> None:
        """Wait until the dag-processor has read a DAG.

        Raises:
            ServiceError: it did not come in time; the sentence holds Airflow's import errors.
        """
        deadline = time.monotonic() + timeout_seconds
        while dag_id not in self.dag_ids():
            if time.monotonic() > deadline:
                raise ServiceError(f"DAG {dag_id} did not appear in {timeout_seconds:.0f} s; {self.import_errors()}")
            time.sleep(POLL_SECONDS)

    def dag_ids(self) -> set[str]:
        """Return the ids of the DAGs in service."""
        return {dag["dag_id"] for dag in self.call("GET", "/dags?limit=500")["dags"]}

    def import_errors(self) -> list[str]:
        """Return the texts of Airflow's import errors."""
        return [error["stack_trace"] for error in self.call("GET", "/importErrors")["import_errors"]]

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, object] | None = None) -> None:
        """Start a run, as the trigger form does."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf or {})}
        self.call("POST", f"/dags/{dag_id}/dagRuns", body)

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run."""
        return str(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Return the tasks of a run."""
        found = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")["task_instances"]
        return [
            TaskState(
                task=each["task_id"],
                label=each.get("rendered_map_index") or "",
                state=each["state"],
                seconds=each["duration"],
                tries=each["try_number"],
            )
            for each in found
        ]

    def log(self, dag_id: str, run_id: str, task: str, *, attempt: int = 1, map_index: int = -1) -> str:
        """Return the text of a task's log."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task}/logs/{attempt}?map_index={map_index}"
        events = self.call("GET", path)["content"]
        return "\n".join(line for event in events for line in _lines_of(event))

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        *,
        timeout_seconds: float,
        on_tasks: Callable[[list[TaskState]], None] = lambda _: None,
    ) -> str:
        """Wait until a run has ended, and return its state.

        Raises:
            ServiceError: it did not end in time; the sentence says which tasks were under way.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            tasks = self.tasks(dag_id, run_id)
            on_tasks(tasks)
            state = self.run_state(dag_id, run_id)
            if state in FINISHED:
                # Once more: the last task may have ended between the two questions.
                on_tasks(self.tasks(dag_id, run_id))
                return state
            if time.monotonic() > deadline:
                under_way = ", ".join(f"{each.task} {each.state}" for each in tasks if each.state not in FINISHED)
                raise ServiceError(f"run {run_id} of {dag_id} did not end in {timeout_seconds:.0f} s: {under_way}")
            time.sleep(POLL_SECONDS)

    def _log_in(self) -> None:
        answer = self._client.post("/auth/token", json=self._login)
        if answer.is_error:
            raise ServiceError(f"Airflow refused the log-in of {self._login['username']}: {answer.status_code}")
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _lines_of(event: object) -> list[str]:
    """Return an event of a log as text: what was said, then each exception that came with it."""
    if not isinstance(event, dict):
        return [str(event)]
    errors = event.get("error_detail") or ()
    return [str(event.get("event", "")), *(f"{each['exc_type']}: {each['exc_value']}" for each in errors)]
