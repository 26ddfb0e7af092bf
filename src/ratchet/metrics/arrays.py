"""NumPy and scikit-learn, loaded when a figure is first measured.

The names of the metrics are read with every YAML file, also by Airflow each time it parses a DAG. With `np` and
`sklearn_metrics` of this module, a metric's functions are in the file of its name and parsing stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Booleans", "Codes", "Floats", "np", "sklearn_metrics"]


class _Deferred:
    """A module that is loaded when something of it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self._name), name)


if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn import metrics as sklearn_metrics

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]
    Booleans = NDArray[np.bool_]
else:
    np, sklearn_metrics = _Deferred("numpy"), _Deferred("sklearn.metrics")
    Floats = Codes = Booleans = Any
