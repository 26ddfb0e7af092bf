"""Alerts from several processes at once, and what a model needs to answer them within seconds."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

PROCESSES = 4
# The data check refuses the missing ages: a run reaches its verdict without training anything.
STORM_MODEL = """\
model: {model}
task: binary
data:
  source: {{path: {model}.csv}}
  time: {{column: when}}
  target: {{column: bought, positive: "yes", negative: "no"}}
  features: {{age: numeric, visits: numeric, city: categorical}}
  checks: {{max_null_share: 0.01}}
candidates: [{{name: linear, estimator: linear}}]
schedule:
  cron: null
  throttle: {{min_interval: 7d, min_interval_after_success: 7d}}
"""
SENDER = """
import sys, time
from datetime import datetime, timedelta
from pathlib import Path
from ratchet.ledger.database import open_ledger
from ratchet.ledger.triggers import write_trigger
from ratchet.records.admission import Trigger, TriggerKind

home, model, start, keys = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3]), sys.argv[4].split(",")
ledger = open_ledger(home)
for key in keys:
    at = start + timedelta(seconds=12 * int(key.rpartition("-")[2]))
    alert = Trigger(key=key, kind=TriggerKind.DRIFT, model=model, at=at, actor="test", reason="a column moved")
    assert write_trigger(ledger, alert)
    assert not write_trigger(ledger, alert), "delivered again"
    time.sleep(0.2)
"""


def send_alerts(home: Path, model: str, count: int, start: datetime) -> list[str]:
    """Send alerts, twelve seconds apart by their own clock, from several processes; return their keys."""
    keys = [f"alert-{number}" for number in range(count)]
    shares = [keys[first::PROCESSES] for first in range(PROCESSES)]
    command = [sys.executable, "-c", SENDER, str(home), model, start.astimezone(UTC).isoformat()]
    senders = [subprocess.Popen([*command, ",".join(share)], env=os.environ) for share in shares]
    assert [sender.wait(timeout=120) for sender in senders] == [0] * PROCESSES
    return keys
