"""Judge simulated scores as the pipeline does: the same config, the same `judge`, the same gates."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.decisions import decide_classes
from ratchet.evaluation.judging import judge, judge_overall, measure_champion_gain
from ratchet.gates.beats_baseline import BaselineGain, BaselineGate, beats_baseline
from ratchet.gates.beats_champion import ChampionGain, ChampionGate, beats_champion, find_renewed
from ratchet.gates.guard_metrics import GuardGains, GuardGate, guard_metrics
from ratchet.gates.stable_over_time import PeriodGains, StabilityGate, stable_over_time
from ratchet.metrics.arrays import Floats
from ratchet.records.judgement import ChampionRef, Decision, Evaluation, GateResult, Outcome, Renewal

CHAMPION = ChampionRef(version=1, run_id="champion")
OVERDUE = Renewal(unlearnt=1.0)  # the champion's own recipe, and everything is new to it
GAIN_ALONE = {"guards": [], "periods": 1}  # what else could stop a promotion would only flatter false promotions


def describe_model(task: str, *, split: str = "random", **evaluation: object) -> ModelConfig:
    """Write the YAML of a simulated model."""
    target = {"column": "y"} | ({"positive": "1"} if task == "binary" else {})
    return ModelConfig.model_validate(
        {
            "model": "simulated",
            "task": task,
            "data": {
                "source": {"path": "simulated.csv"},
                "time": {"order": "rows"},
                "target": target,
                "features": {"x": "numeric"},
            },
            "split": {"method": split},
            "evaluation": evaluation,
        }
    )


def compare_scores(config: ModelConfig, labels: Floats, challenger: Floats, champion: Floats) -> Comparison:
    """Set a challenger's scores beside a champion's and a baseline's that says the same of every row."""
    frame = pd.DataFrame({"x": np.zeros(len(labels))})

    def decided(scores: Floats) -> Scored:
        return Scored(scores=scores, decisions=decide_classes(config.task, scores, frame))

    return Comparison(
        config=config,
        frame=frame,
        labels=labels,
        classes=2 if config.task == "binary" else 0,
        challenger=decided(challenger),
        champion=decided(champion),
        baseline=decided(np.full(len(labels), labels.mean())),
    )


def judge_scores(config: ModelConfig, labels: Floats, challenger: Floats, champion: Floats) -> Evaluation:
    """Judge a challenger's scores against a champion's."""
    comparison = compare_scores(config, labels, challenger, champion)
    return judge(comparison, challenger="challenger", champion=CHAMPION)


def judge_at_each(configs: Sequence[ModelConfig], *scores: Floats) -> tuple[Evaluation, ...]:
    """Judge by the first config, and measure the gain over the champion anew by the others.

    The configs differ in how they bound that gain; the rest of what is judged is the same by all.
    """
    first = judge_overall(compare_scores(configs[0], *scores), challenger="challenger", champion=CHAMPION)
    gains = (measure_champion_gain(compare_scores(config, *scores)) for config in configs[1:])
    return (first, *(replace(first, champion_gain=gain) for gain in gains))


def has_gained(config: ModelConfig, evaluation: Evaluation) -> bool:
    """Tell whether the gate on the gain over the champion passes."""
    return _ask_for_gain(config, evaluation).outcome is Outcome.PASS


def is_renewal(config: ModelConfig, evaluation: Evaluation) -> bool:
    """Tell whether that gate passes for a renewal, not for a gain that is shown."""
    return find_renewed(config.gates.of(ChampionGate), ChampionGain.of(config.asked, evaluation)) is not None


def _ask_for_gain(config: ModelConfig, evaluation: Evaluation) -> GateResult:
    return beats_champion(config.gates.of(ChampionGate), ChampionGain.of(config.asked, evaluation))


def ask_all(config: ModelConfig, evaluation: Evaluation) -> tuple[GateResult, ...]:
    """Ask every gate that looks at performance."""
    sections, champion = config.gates, evaluation.champion
    needs = {"min_rows": config.min_rows, "min_positives": config.min_positives}
    guarded = GuardGains(champion=champion, gains=evaluation.guard_gains, tolerances=config.asked.guards, **needs)
    periods = PeriodGains(champion=champion, gains=evaluation.period_gains, periods=evaluation.periods)
    in_time = (stable_over_time(sections.of(StabilityGate), periods),) if config.evaluation.periods > 1 else ()
    return (
        beats_baseline(sections.of(BaselineGate), BaselineGain(gain=evaluation.baseline_gain, **needs)),
        _ask_for_gain(config, evaluation),
        *in_time,
        *guard_metrics(sections.of(GuardGate), guarded),
    )


def is_promoted(config: ModelConfig, evaluation: Evaluation) -> bool:
    """Tell whether nobody has to be asked: every gate's answer is to promote, and a gain is shown."""
    answers = ask_all(config, evaluation)
    return has_gained(config, evaluation) and all(each.consequence is Decision.PROMOTE for each in answers)
