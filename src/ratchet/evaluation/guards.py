"""The guard metrics: the gain over the champion by each metric that must not get worse."""

from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.gains import measure_gain
from ratchet.records.judgement import Gain


def measure_guards(comparison: Comparison) -> tuple[Gain, ...]:
    """Measure the gain over the champion by each guard metric; none without a champion that can score."""
    config = comparison.config
    pairs = [comparison.against_champion(guard.metric) for guard in config.guards]
    return tuple(
        measure_gain(pair, comparison.plan(pair), confidence=config.evaluation.confidence)
        for pair in pairs
        if pair is not None
    )
