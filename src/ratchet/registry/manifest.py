"""What is kept beside a registered model: where it comes from and which libraries wrote it."""

import json
from importlib.metadata import version

from ratchet.config.run import Run
from ratchet.config.training import EXTRAS
from ratchet.records.modelling import Challenger
from ratchet.registry.versions import as_of_text

LIBRARIES = ("mlflow", "numpy", "pandas", "ratchet", "scikit-learn", "skops", "xgboost")


def make_manifest(run: Run, challenger: Challenger) -> str:
    """Return the manifest of a challenger as JSON; the same run and libraries give the same text."""
    own = [name for name in EXTRAS if name == challenger.estimator]
    facts = {
        "model": run.model,
        "run_id": run.run_id,
        "as_of": as_of_text(run),
        "candidate": challenger.name,
        "estimator": challenger.estimator,
        "sha256": challenger.model.sha256,
        "size_bytes": challenger.model.size_bytes,
        "config_sha256": run.config.fingerprint(),
        "libraries": {name: version(name) for name in (*LIBRARIES, *own)},
    }
    return json.dumps(facts, indent=2) + "\n"
