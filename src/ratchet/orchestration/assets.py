"""The assets that DAGs of one model tell one another by."""

from airflow.sdk import Asset


def scored_asset(model: str) -> Asset:
    """Return what a model's scoring touches; its monitoring runs when it is."""
    return Asset(name=f"ratchet/{model}/scored", uri=f"ratchet/{model}/scored")


def drift_asset(model: str) -> Asset:
    """Return what a model's monitoring touches when it asks for a retraining, and only then."""
    return Asset(name=f"ratchet/{model}/drift", uri=f"ratchet/{model}/drift")
