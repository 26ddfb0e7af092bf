"""Every gate, in the order they are asked and shown."""

from collections.abc import Callable

from ratchet.config.model import ModelConfig
from ratchet.gates.beats_baseline import beats_baseline
from ratchet.gates.beats_champion import beats_champion
from ratchet.gates.data_check import data_check
from ratchet.gates.no_slice_worse import no_slice_worse
from ratchet.records.data import DataReport
from ratchet.records.judgement import Evaluation, GateResult

GATES: tuple[Callable[[ModelConfig, Evaluation], GateResult], ...] = (
    beats_baseline,
    beats_champion,
    no_slice_worse,
)


def ask_gates(config: ModelConfig, report: DataReport, evaluation: Evaluation | None) -> tuple[GateResult, ...]:
    """Ask every gate; without an evaluation only the data has been judged."""
    on_data = data_check(config, report)
    if evaluation is None:
        return (on_data,)
    return (on_data, *(gate(config, evaluation) for gate in GATES))
