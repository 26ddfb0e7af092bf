"""What a policy may look at: every metric of a candidate on validation, and how long scoring took."""

from ratchet.config.model import ModelConfig
from ratchet.config.performance import MetricsOf
from ratchet.evaluation.comparison import Scored, read_for
from ratchet.evaluation.metrics import Floats, is_loss, measure, read_options
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
    options = read_options(config.evaluation)
    figures = [
        Figure(
            name=metric,
            value=measure(metric, labels, read_for(metric, scored), options),
            is_smaller_better=is_loss(metric),
        )
        for metric in MetricsOf[config.task]
    ]
    taken = seconds * MILLISECONDS * PER_ROWS / len(labels) if len(labels) else None
    return (*figures, Figure(name="score_ms", value=taken, is_smaller_better=True))
