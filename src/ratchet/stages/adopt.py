"""Adopt: make a model from elsewhere the challenger; it is read once, by a process that can do no harm with it."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import adapter_of, hash_file, refer_to
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Adoption, Run
from ratchet.config.settings import read_threads
from ratchet.config.training import CandidateSpec, Setting
from ratchet.errors import ArtifactError, list_names
from ratchet.models.adopting import UNSAFE, Arrival, Converted
from ratchet.models.candidates import fitted_candidate
from ratchet.models.fitting import validate_model
from ratchet.models.quarantine import MODEL, Escaped, read_in_quarantine
from ratchet.records.data import Split
from ratchet.records.files import FileRef
from ratchet.records.modelling import Challenger
from ratchet.registry.foreign import fetch_logged, find_model_file

NAME = "adopted"
LIMIT = timedelta(minutes=10)  # to read and convert a model, and to score the holdout twice

logger = logging.getLogger(__name__)


def adopt(run: Run, split: Split) -> Challenger:
    """Convert the model that the run is about into our own file, and measure it on validation.

    Raises:
        RegistryError: MLflow has no such model.
        ArtifactError: its file can't be read, holds what a model file may not hold, or predicts otherwise afterwards.
        TrainingError: it can't score the validation rows.
    """
    asked, folder = run.adoption, folder_of(run)
    assert asked is not None, "only such a run has this step"
    folder.path.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.path, prefix=".adopt.") as name:
        file = _find_file(run, asked, Path(name))
        digest = hash_file(file)
        converted = _convert(run, split, file, Path(name))
        path = folder.file(f"models/{NAME}.skops")
        path.parent.mkdir(exist_ok=True)
        shutil.move(Path(name, MODEL), path)
    made = _make_challenger(run, split, converted, refer_to(path, run.home), digest=digest)
    logger.info("%s %s: %s", run.model, run.run_id, made.reason)
    return made


def _find_file(run: Run, asked: Adoption, folder: Path) -> Path:
    saved = fetch_logged(run.home, asked.source, folder) if asked.is_logged else Path(asked.source)
    if saved.is_dir():
        return find_model_file(saved, asked.source)
    if not saved.is_file():
        raise ArtifactError(f"{asked.source}: there is no such file")
    return saved


def _convert(run: Run, split: Split, file: Path, folder: Path) -> Converted:
    assert run.adoption is not None, "asked before"
    arrival = Arrival(run=run, file=file, rows=split.holdout.file, classes=split.classes)
    job = adapter_of(Arrival).dump_json(arrival).decode()
    answer = read_in_quarantine(job, folder, limit=LIMIT, threads=read_threads())
    try:
        found = answer if isinstance(answer, Escaped) else adapter_of(Converted).validate_json(answer)
    except ValidationError:  # whoever reads a foreign file may write anything
        found = Escaped("gave an answer that is none")
    problem = found.reason if isinstance(found, Escaped) else found.problem
    if problem is not None or isinstance(found, Escaped):
        raise ArtifactError(f"{run.adoption.source}: the model {problem}: nothing changed")
    return found


def _make_challenger(run: Run, split: Split, converted: Converted, model: FileRef, *, digest: str) -> Challenger:
    assert run.adoption is not None, "asked before"
    config = run.config
    pipeline = read_pipeline(model, run.home)
    result = validate_model(config, pipeline, read_frame(split.validation.file, run.home), split.classes)
    facts: dict[str, Setting] = {
        "from": run.adoption.source,
        "type": converted.kind,
        "format": converted.format,
        "sha256": digest,
    }
    package = converted.kind.partition(".")[0]
    # Not validated: it is no entry of the catalogue, as nothing will be fitted.
    spec = CandidateSpec.model_construct(name=NAME, estimator=package, parameters=facts)
    candidate = fitted_candidate(spec, model, result, metric=config.metric, seconds=0.0)
    return Challenger(
        name=NAME,
        estimator=package,
        model=model,
        leaderboard=(candidate,),
        reason=_explain(run.adoption, converted),
        thresholds=candidate.thresholds,
    )


def _explain(asked: Adoption, converted: Converted) -> str:
    how = "an unsafe pickle, read once without network" if converted.format == UNSAFE else f"a {converted.format} file"
    if converted.format == UNSAFE and asked.is_trusted:
        how = f"an unsafe pickle that {asked.person} trusts, read once"
    unused = f"; it does not take {list_names(converted.unused)}" if converted.unused else ""
    remarks = f"; while it was read: {list_names(converted.remarks)}" if converted.remarks else ""
    return (
        f"adopted from {asked.source}, {how} and converted: a {converted.kind}, whose predictions for "
        f"{converted.rows:,} holdout rows stay the same (at most {converted.apart:.1g} apart){unused}{remarks}; what "
        "it has learnt is not known: where these rows are among it, its figures flatter it"
    )
