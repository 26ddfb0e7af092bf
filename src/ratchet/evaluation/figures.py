"""What a policy may look at: every metric of a candidate on validation, and how long scoring took."""

from ratchet.config.model import ModelConfig
from ratchet.evaluation.comparison import Scored, read_for
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric, metrics_of
from ratchet.records.modelling import Figure

PER_ROWS = 1000
MILLISECONDS = 1e3


def measure_figures(config: ModelConfig, labels: Floats, scored: Scored, seconds: float) -> tuple[Figure, ...]:
    """Return the metrics of the task and the time per 1,000 rows, in milliseconds.

    Args:
        config: the model's YAML.
        labels: class codes from 0, or values.
        scored: what the candidate says of these rows.
        seconds: how long it took to say so; with other candidates on the same machine, so a rough figure.
    """
    options = config.evaluation.options
    figures = [
        Figure(
            name=metric,
            value=find_metric(metric).measure(labels, read_for(metric, scored), options),
            is_smaller_better=find_metric(metric).is_loss,
        )
        for metric in metrics_of(config.task)
    ]
    taken = seconds * MILLISECONDS * PER_ROWS / len(labels) if len(labels) else None
    return (*figures, Figure(name="score_ms", value=taken, is_smaller_better=True))
