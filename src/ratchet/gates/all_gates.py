"""Every gate, in the order they are asked and shown."""

from collections.abc import Callable
from dataclasses import dataclass

from ratchet.config.model import ModelConfig
from ratchet.gates.beats_baseline import beats_baseline
from ratchet.gates.beats_champion import beats_champion
from ratchet.gates.behaves import behaves
from ratchet.gates.calibrated import calibrated
from ratchet.gates.data_check import data_check
from ratchet.gates.decision_cost import decision_cost
from ratchet.gates.fair import fair
from ratchet.gates.feature_importance import feature_importance
from ratchet.gates.guard_metrics import guard_metrics
from ratchet.gates.holdout_fresh import holdout_fresh
from ratchet.gates.no_leak import no_leak
from ratchet.gates.no_regression import no_regression
from ratchet.gates.no_slice_worse import no_slice_worse
from ratchet.gates.policy import policy
from ratchet.gates.review import review
from ratchet.gates.robust import robust
from ratchet.gates.serving_cost import serving_cost
from ratchet.gates.stable_over_time import stable_over_time
from ratchet.gates.weakest_slice import weakest_slice
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport
from ratchet.records.judgement import Evaluation, GateResult
from ratchet.records.leakage import Audit
from ratchet.records.serving_cost import ServingCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was measured about a challenger.

    Attributes:
        evaluation: what it is worth on the holdout.
        audit: leaks between training rows and holdout.
        behaviour: what it looks at, and what it says about changed rows.
        serving_costs: what it takes to run it.
    """

    evaluation: Evaluation
    audit: Audit
    behaviour: Behaviour
    serving_costs: ServingCosts


ON_EVALUATION: tuple[Callable[[ModelConfig, Evaluation], GateResult], ...] = (
    beats_baseline,
    beats_champion,
    no_slice_worse,
    weakest_slice,
    fair,
    calibrated,
    decision_cost,
    stable_over_time,
    holdout_fresh,
    review,
)
ON_AUDIT: tuple[Callable[[ModelConfig, Audit], GateResult], ...] = (no_leak,)
ON_BEHAVIOUR: tuple[Callable[[ModelConfig, Behaviour], GateResult], ...] = (
    feature_importance,
    no_regression,
    behaves,
    robust,
)
ON_SERVING_COSTS: tuple[Callable[[ModelConfig, ServingCosts], GateResult], ...] = (policy, serving_cost)


def ask_gates(config: ModelConfig, report: DataReport, findings: Findings | None) -> tuple[GateResult, ...]:
    """Ask every gate; without findings only the data has been judged."""
    on_data = data_check(config, report)
    if findings is None:
        return (on_data,)
    return (
        on_data,
        *(gate(config, findings.evaluation) for gate in ON_EVALUATION),
        *guard_metrics(config, findings.evaluation),
        *(gate(config, findings.audit) for gate in ON_AUDIT),
        *(gate(config, findings.behaviour) for gate in ON_BEHAVIOUR),
        *(gate(config, findings.serving_costs) for gate in ON_SERVING_COSTS),
    )
