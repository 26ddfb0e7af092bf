"""Observations with a reference and stored profiles, as `collect` leaves them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa

from builders.observations import make_observation
from builders.runs import make_config
from ratchet.artifacts.files import adapter_of, refer_to, write_text
from ratchet.artifacts.frames import write_frame
from ratchet.config.model import ModelConfig
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import list_kinds, make_reference
from ratchet.records.columns import LABEL, PREDICTION, ROW, TIME
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation, StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Window

BLOCK = 100  # rows of a stored profile where there is no clock


def make_monitored(home: Path, stream: pd.DataFrame, *, split: int, config: ModelConfig | None = None) -> Observation:
    """What is observed at the end of a stream whose first `split` rows are the reference."""
    config = config or make_config()
    stream = stream.assign(**{PREDICTION: stream["decision" if config.task == "multiclass" else "score"]})
    then, now = stream.iloc[:split], stream.iloc[split:].reset_index(drop=True)
    reference = make_reference(_batches(then), list_kinds(config))
    observed = make_observation(home, now, config)
    span, place = _step_of(stream)
    begins = now[place].min()
    stored = _store(home, now, reference, begins.to_pydatetime() if place == TIME else int(begins), span)
    return replace(
        observed,
        reference=_write(home, "reference", reference),
        reference_profile=_write(home, "reference_profile", profile_rows(_batches(then), reference)),
        reference_rows=write_frame(then, home / "reference_rows.parquet", home),
        profiles=tuple(each for each in stored if each.window.start >= observed.window.start),
        earlier=tuple(each for each in stored if each.window.start < observed.window.start),
    )


def _store(home: Path, now: pd.DataFrame, reference: Reference, begins: object, span: object) -> list[StoredProfile]:
    places, found, start = now[_step_of(now)[1]], [], begins
    table = pa.Table.from_pandas(now.drop(columns=LABEL), preserve_index=False)
    while start <= places.iloc[-1]:
        end = start + span
        first, last = places.searchsorted([start, end])
        profile = profile_rows(table.slice(first, last - first).to_batches(), reference)
        file = _write(home, f"profile-{len(found)}", profile)
        found.append(StoredProfile(window=Window(start=start, end=end), file=file, rows=int(last - first)))
        start = end
    return found


def _step_of(stream: pd.DataFrame) -> tuple[timedelta | int, str]:
    return (timedelta(days=1), TIME) if TIME in stream.columns else (BLOCK, ROW)


def _batches(rows: pd.DataFrame) -> list[pa.RecordBatch]:
    return pa.Table.from_pandas(rows, preserve_index=False).to_batches()


def _write(home: Path, name: str, record: Reference | Profile) -> FileRef:
    path = home / f"{name}.json"
    write_text(path, adapter_of(type(record)).dump_json(record).decode())
    return refer_to(path, home)
