"""Admission under anything that may happen, in any order: alerts, ticks, people, clocks, failures, kills, restarts."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from builders.kills import kill_at
from builders.runs import STARTED, make_config, make_run
from builders.throttles import make_trigger
from ratchet.config.run import Run
from ratchet.ledger.admissions import read_attempts, read_settlements
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import verify_ledger
from ratchet.ledger.settling import conclude
from ratchet.ledger.triggers import read_pending, read_triggers, write_trigger
from ratchet.records.admission import Admission, Trigger, TriggerKind, dag_of
from ratchet.stages.admit import admit, foresee

pytestmark = pytest.mark.slow

ALERTS = st.sampled_from([kind for kind in TriggerKind if kind not in {TriggerKind.PERSON, TriggerKind.SCHEDULE}])
MINUTES = st.integers(1, 20_000)  # two weeks
THROTTLES = st.fixed_dictionaries(
    {
        "min_interval": st.sampled_from(["0s", "6h", "1d", "7d"]),
        "min_interval_after_success": st.sampled_from(["0s", "2d"]),
        "max_runs": st.integers(1, 4),
        "window": st.sampled_from(["1d", "10d"]),
        "pause_after_failure": st.sampled_from(["0s", "1h", "2d"]),
        "longest_pause": st.sampled_from(["12h", "4d"]),
        "daily_seconds": st.sampled_from([None, 600, 5000]),
        "blackouts": st.sampled_from(
            [
                [],
                [{"start": "22:00", "end": "06:00", "zone": "Europe/Berlin"}],
                [{"days": ["sat"], "start": "00:00", "end": "00:00"}],
            ]
        ),
    }
)
PUNCTUAL = timedelta(minutes=15)
MEMORY = "/dev/shm"  # the ledger flushes every entry to its disk, which would be most of the time


@dataclass
class Began:
    """A run that was admitted: when, by the clock and in truth."""

    run_id: str
    clock: datetime
    truth: datetime
    overridden: bool


class Pipeline(RuleBasedStateMachine):
    """A model whose runs come one at a time, as the DAG's do."""

    @initialize(throttle=THROTTLES)
    def begin(self, throttle):
        self.home = Path(mkdtemp(prefix="ratchet-property-", dir=MEMORY if Path(MEMORY).is_dir() else None))
        self.config = make_config(schedule={"throttle": throttle})
        self.ledger = open_ledger(self.home)
        self.truth, self.skew = STARTED, timedelta()
        self.count, self.running = 0, None
        self.lost = False  # whether a run vanished, and no run has begun since
        self.began, self.sent = [], {}

    def teardown(self):
        shutil.rmtree(getattr(self, "home", "/nowhere"), ignore_errors=True)

    @property
    def now(self) -> datetime:
        return self.truth + self.skew

    # What arrives

    @rule(kind=ALERTS, minutes_old=st.integers(-30, 600))
    def alert(self, kind, minutes_old):
        self.count += 1
        trigger = make_trigger(kind, key=f"alert-{self.count}", at=self.now - timedelta(minutes=minutes_old))
        self.sent[trigger.key] = trigger
        assert write_trigger(self.ledger, trigger)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver_again(self, data):
        trigger = self.sent[data.draw(st.sampled_from(sorted(self.sent)))]
        assert not write_trigger(self.ledger, trigger)

    # Time

    @rule(minutes=MINUTES)
    def wait(self, minutes):
        self.truth += timedelta(minutes=minutes)

    @rule(minutes=st.integers(-3000, 3000))
    def set_the_clock(self, minutes):
        self.skew = timedelta(minutes=minutes)

    # Runs

    @precondition(lambda self: not self.running)
    @rule()
    def tick(self):
        self._start(TriggerKind.SCHEDULE)

    @precondition(lambda self: not self.running)
    @rule(override=st.booleans())
    def person(self, override):
        admission = self._start(TriggerKind.PERSON, override=override)
        assert admission.admitted or not override

    @precondition(lambda self: not self.running)
    @rule()
    def event(self):
        """An asset event starts a run, whether something is due or not."""
        self._start(None)

    @precondition(lambda self: not self.running)
    @rule(step=st.integers(1, 12))
    def killed_and_restarted(self, step):
        self._start(TriggerKind.SCHEDULE, kill=step)

    @precondition(lambda self: not self.running and not self.lost)
    @rule()
    def wait_for_the_moment_that_was_told(self):
        with open_ledger(self.home).connect() as connection:
            told = foresee(connection, self.config, self.now)
        if not told.triggers or told.at is None:
            return
        assert told.at >= self.now
        self.truth += told.at - self.now
        assert self._start(None).admitted

    @precondition(lambda self: self.running)
    @rule(minutes=st.integers(0, 300), breaks=st.booleans())
    def end(self, minutes, breaks):
        self.truth += timedelta(minutes=minutes)
        conclude(self.running, "broke" if breaks else None, max(self.now, self.running.started))
        self.running = None

    @precondition(lambda self: self.running)
    @rule()
    def vanish(self):
        """The machine goes down: nobody writes down how the run ended."""
        self.running, self.lost = None, True

    def _start(self, kind: TriggerKind | None, *, override: bool = False, kill: int | None = None) -> Admission:
        self.count += 1
        run = make_run(self.home, self.config, run_id=f"run-{self.count}", started=self.now)
        own = self._own(kind, run, override=override)
        asked = ((own, "{}"),) if own else ()
        if kill:
            kill_at(kill, lambda: admit(run, asked, dag_of(run.model)))
        admission = admit(run, asked, dag_of(run.model))
        self.lost = False
        if admission.admitted:
            self.running = run
            self.began.append(
                Began(run_id=run.run_id, clock=self.now, truth=self.truth, overridden=admission.overridden)
            )
        return admission

    def _own(self, kind: TriggerKind | None, run: Run, *, override: bool) -> Trigger | None:
        if kind is None:
            return None
        own = make_trigger(kind, key=f"run:{run.run_id}", at=self.now, override=override)
        self.sent[own.key] = own
        return own

    # What holds at any time

    @invariant()
    def every_request_waits_or_has_one_fate(self):
        if not hasattr(self, "ledger"):
            return
        with self.ledger.connect() as connection:
            asked = [each.key for each in read_triggers(connection, self.config.model)]
            waiting = [each.key for each in read_pending(connection, self.config.model)]
            settled = read_settlements(connection, self.config.model)
            admitted = {each.run_id for each in read_attempts(connection, self.config.model, self.now)}
        assert sorted(asked) == sorted([*waiting, *(each.trigger for each in settled)])
        assert set(self.sent) <= set(asked)
        assert {each.run_id for each in settled} <= admitted == {each.run_id for each in self.began}

    @invariant()
    def no_two_runs_come_within_the_interval_but_a_person_s(self):
        if not hasattr(self, "ledger"):
            return
        interval = self.config.schedule.throttle.min_interval
        for before, after in pairwise(self.began):
            is_one_clock = after.clock - before.clock == after.truth - before.truth
            if is_one_clock and not after.overridden:
                assert after.truth - before.truth >= interval - PUNCTUAL

    @invariant()
    def the_chain_is_whole(self):
        if hasattr(self, "ledger"):
            assert verify_ledger(self.ledger).breach is None


TestPipeline = Pipeline.TestCase
TestPipeline.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
