"""Load the heavy libraries once in the scheduler or worker, before it forks: its tasks then start with them.

Airflow imports a module of this name when it finds one. This folder is on the path of those two components
only: every other one would pay for libraries that it never uses.
"""

import mlflow.store.model_registry.sqlalchemy_store  # noqa: F401, TID253 (opening the registry loads it)

import ratchet.stages.check
import ratchet.stages.evaluate
import ratchet.stages.ingest
import ratchet.stages.promote
import ratchet.stages.report
import ratchet.stages.train  # noqa: F401

__all__: list[str] = []  # nothing here is a setting
