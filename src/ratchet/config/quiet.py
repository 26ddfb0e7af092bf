"""No library of ours calls home, whoever starts us."""

import os

QUIET = {
    # A switch for each library; MLflow reads "true", not "1", in DO_NOT_TRACK.
    "DO_NOT_TRACK": "true",  # Evidently and others
    "SCARF_ANALYTICS": "false",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "GX_ANALYTICS_ENABLED": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


def keep_quiet() -> None:
    """Switch telemetry and chatter off for this process and its children, before the libraries are imported.

    What a person has set stays as it is.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
