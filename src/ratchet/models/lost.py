"""A candidate that gave no model, and why; needs no heavy library."""

import json

from ratchet.config.training import CandidateSpec
from ratchet.records.modelling import Candidate


def describe_parameters(spec: CandidateSpec) -> str:
    """Return what the YAML sets, as JSON text, the same for the same settings."""
    return json.dumps(spec.parameters, sort_keys=True)


def lost_candidate(spec: CandidateSpec, *, metric: str, reason: str, seconds: float = 0.0) -> Candidate:
    """Record a candidate that was lost after `seconds`, for one reason."""
    return Candidate(
        name=spec.name,
        estimator=spec.estimator,
        parameters=describe_parameters(spec),
        model=None,
        failure=reason,
        score=None,
        metric=metric,
        metric_value=None,
        fit_seconds=seconds,
    )
