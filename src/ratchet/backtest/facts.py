"""What a schedule may ask about models that were made at one time and are looked at later; answers are kept on disk."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa

from ratchet.backtest.history import History, Positions
from ratchet.backtest.past_models import CHALLENGER, compare, decide
from ratchet.backtest.store import Store, model_name
from ratchet.data.splitting import Parts
from ratchet.drift.distances import IndexParts
from ratchet.drift.measuring import JudgedRows
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.drift.seasonal_baseline import measure_seasonal_baseline, number_windows, profile_windows
from ratchet.errors import ArtifactError
from ratchet.evaluation.comparison import Comparison, read_for
from ratchet.evaluation.judging import judge_overall, measure_champion_gain
from ratchet.evaluation.resampling import standard_error
from ratchet.gates.beats_champion import ChampionGain, ChampionGate, beats_champion, find_renewed
from ratchet.gates.guard_metrics import GuardGains, GuardGate, guard_metrics
from ratchet.gates.policy import Constraints, PolicyGate, policy
from ratchet.metrics.registry import find_metric
from ratchet.models.labels import Floats
from ratchet.records.backtest import Faceoff, Loss, Moved, PastModel
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import DriftLevel
from ratchet.records.judgement import ChampionRef, Decision, GateResult, Outcome, Renewal
from ratchet.timeline import to_length

Record = TypeVar("Record")
SURE = 1.6449  # standard errors of a one-sided bound at 95 %
LEAST_ROWS = 30  # fewer say nothing about a loss
HELD = 8  # models whose predictions are in memory at once
PREDICTION = "_prediction"  # no feature begins with an underscore by habit
BATCH_ROWS = 1 << 16


class Facts:
    """The answers; each is found out once."""

    def __init__(self, history: History, store: Store) -> None:
        """Start with what is on disk."""
        self.history = history
        self._store = store
        self._known: dict[str, object] = {}
        self._read_scores = lru_cache(HELD)(store.read_scores)
        self._divide = lru_cache(HELD)(self._divide_as_made)
        self._find_judged = lru_cache(HELD)(self._profile)

    def model(self, period: int) -> PastModel:
        """Return the model of a period.

        Raises:
            ArtifactError: it was not made.
        """
        return self._ask(model_name(period), PastModel, lambda: _refuse(period))

    def face_off(self, champion: int, challenger: int, proven: int | None = None) -> Faceoff:
        """Judge the model of one period against that of an earlier one, on the challenger's holdout.

        Args:
            champion: the model in service.
            challenger: the later one.
            proven: the one that was last shown to be better, where the champion was not.
        """
        last = "" if proven is None else f"-{proven:04d}"
        name = f"faceoffs/{champion:04d}-{challenger:04d}{last}"
        return self._ask(name, Faceoff, lambda: self._judge(champion, challenger, proven))

    def lost(self, model: int, period: int) -> Loss:
        """Measure how a model did on the newest rows that it scored and whose labels are known when a period begins."""
        return self._ask(f"losses/{model:04d}-{period:04d}", Loss, lambda: self._measure_loss(model, period))

    def moved(self, model: int, period: int) -> Moved:
        """Measure how far the newest rows are from a model's holdout when a period begins; no label is looked at."""
        return self._ask(f"movements/{model:04d}-{period:04d}", Moved, lambda: self._measure_movement(model, period))

    def _ask(self, name: str, kind: type[Record], find_out: Callable[[], Record]) -> Record:
        if name not in self._known:
            found = self._store.find(name, kind)
            if found is None:
                found = find_out()
                self._store.keep(name, found)
            self._known[name] = found
        answer = self._known[name]
        assert isinstance(answer, kind)
        return answer

    def _divide_as_made(self, period: int) -> Parts:
        return self.history.divide(period, self.model(period).since)

    def _judge(self, champion: int, challenger: int, proven: int | None) -> Faceoff:
        ours = self.model(challenger)
        if ours.problem is not None:
            return Faceoff(promoted=False, reason=ours.problem)
        if not ours.beats_baseline:
            return Faceoff(promoted=False, reason="not shown to beat the trivial baseline")
        kept = self._ask_policy(ours)
        if kept.consequence is not Decision.PROMOTE:
            return Faceoff(promoted=False, reason=kept.reason)
        judged, guards = self._ask_gates(champion, challenger, proven)
        gate = self.history.config.gates.of(ChampionGate)
        gain = beats_champion(gate, judged)
        stopped = [each for each in (gain, *guards) if each.consequence is not Decision.PROMOTE]
        # as in a run: a gate that can't say may be ignored, but nothing is promoted without evidence
        promoted = gain.outcome is Outcome.PASS and not stopped
        renewal = promoted and find_renewed(gate, judged) is not None
        return Faceoff(promoted=promoted, reason=(stopped or [gain])[0].reason, renewal=renewal)

    def _ask_policy(self, challenger: PastModel) -> GateResult:
        config = self.history.config
        evidence = Constraints(count=config.asked.constraints, broken=challenger.broken)
        return policy(config.gates.of(PolicyGate), evidence)

    def _ask_gates(
        self, champion: int, challenger: int, proven: int | None
    ) -> tuple[ChampionGain, tuple[GateResult, ...]]:
        """Measure the gain over the champion, and ask the guards on the whole holdout, and no other gates."""
        config, asked = self.history.config, self.history.config.asked
        comparison, faced = self._compare(champion, challenger), ChampionRef(version=1, run_id="champion")
        found = judge_overall(comparison, challenger=CHALLENGER, champion=faced)
        needs = {"min_rows": asked.min_rows, "min_positives": asked.min_positives}
        guarded = GuardGains(champion=faced, gains=found.guard_gains, tolerances=asked.guards, **needs)
        judged = ChampionGain(
            champion=faced,
            gain=found.champion_gain,
            baseline=found.baseline_gain,
            renewal=self._find_renewal(champion, challenger, proven),
            **needs,
        )
        return judged, guard_metrics(config.gates.of(GuardGate), guarded)

    def _find_renewal(self, champion: int, challenger: int, proven: int | None) -> Renewal:
        """Say what a renewal asks; in a replay the YAML stays, so that a candidate's name says which recipe it is."""
        ours, theirs = self.model(challenger), self.model(champion)
        if (ours.candidate, ours.since) != (theirs.candidate, theirs.since):
            return Renewal(problem="it is another candidate than the champion, or a change lies between")
        since, today = self._find_learnt(challenger)
        _, until = self._find_learnt(champion)
        gain = None if proven is None else measure_champion_gain(self._compare(proven, challenger))
        return Renewal(unlearnt=(today - until) / (today - since), proven=proven, proven_gain=gain)

    def _find_learnt(self, model: int) -> tuple[int, int]:
        """Return where what a model has learnt in service begins and ends."""
        history, config = self.history, self.history.config
        rows = history.known_at(model) if config.refit.on == "all" else self._divide(model).train
        first, last = (int(end) for end in (history.moments[rows].min(), history.moments[rows].max()))
        window = config.split.fixed_window
        return (first if window is None else max(first, last - to_length(window)), last)

    def _compare(self, champion: int, challenger: int) -> Comparison:
        rows = self._holdout(challenger, champion)
        ours, theirs = (
            decide(self.history, self._read_scores(each).judged, self.model(each).thresholds, rows)
            for each in (challenger, champion)
        )
        return compare(self.history, self._divide(challenger), rows, ours, theirs)

    def _holdout(self, challenger: int, champion: int) -> Positions:
        """Return the challenger's holdout, as far as the champion has not learnt from it."""
        rows = self._divide(challenger).holdout
        return rows[self._has_scores(champion, rows)]

    def _has_scores(self, model: int, rows: Positions) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        scores = self._read_scores(model).judged[rows]
        return np.asarray(~np.isnan(scores.reshape(len(rows), -1)).any(axis=1), dtype=np.bool_)

    def _newest(self, model: int, period: int, *, labelled: bool) -> Positions:
        """Return the rows of the window that ends when a period begins, or when their labels had to be known then."""
        timeline, moments = self.history.timeline, self.history.moments
        end = timeline.edges[period] - (timeline.delay if labelled else 0)
        start = max(end - timeline.window, timeline.edges[model])
        return np.flatnonzero((moments > start) & (moments <= end))

    def _measure_loss(self, model: int, period: int) -> Loss:
        rows = self._newest(model, period, labelled=True)
        then = self._divide(model).holdout
        figures = [self._figure(model, each) for each in (rows, then)]
        if len(rows) < LEAST_ROWS or None in figures:
            return Loss(rows=len(rows))
        (now, error_now), (before, error_before) = (each for each in figures if each is not None)
        if not before:
            return Loss(rows=len(rows))
        worse = (now - before) if find_metric(self.history.config.metric).is_loss else (before - now)
        error = float(np.hypot(error_now, error_before))
        return Loss(rows=len(rows), value=worse / abs(before), lower=(worse - SURE * error) / abs(before))

    def _figure(self, model: int, rows: Positions) -> tuple[float, float] | None:
        """Return a model's figure on some rows, and its standard error."""
        config, labels = self.history.config, self.history.labels[rows]
        decided = decide(self.history, self._read_scores(model).served, self.model(model).thresholds, rows)
        predictions, options = read_for(config.metric, decided), config.evaluation.options
        if not find_metric(config.metric).is_defined(labels, predictions):
            return None
        value = find_metric(config.metric).measure(labels, predictions, options)
        if value is None:
            return None
        return value, standard_error(find_metric(config.metric).find_influence(labels, predictions, options))

    def _measure_movement(self, model: int, period: int) -> Moved:
        now = self._newest(model, period, labelled=False)
        return _measure_drift(self.history, self._find_judged(model), self._read_scores(model).served, now)

    def _profile(self, model: int) -> JudgedRows:
        return _profile_judged(self.history, self._read_scores(model).judged, self._divide(model).holdout)


def _profile_judged(history: History, scores: Floats, holdout: Positions) -> JudgedRows:
    """Profile the rows that a model was judged on, and its answers."""
    config = history.config
    plan, seed = config.monitoring.drift, config.schedule.seed
    kinds = {name: kind for name, kind in config.data.compared.items() if name not in plan.ignore}
    kinds[PREDICTION] = ColumnKind.CATEGORICAL if config.task == "multiclass" else ColumnKind.NUMERIC
    rows = list(_read_batches(history, scores, holdout))
    reference = make_reference(rows, kinds, seed=seed)
    whole = profile_rows(rows, reference)
    baseline: dict[str, IndexParts] = {}
    if plan.seasonal_baseline:
        numbers = number_windows(history.moments[holdout], history.timeline.window)
        windows = profile_windows(rows, numbers, reference)
        baseline = measure_seasonal_baseline(reference, whole, windows, significance=plan.significance, seed=seed)
    return JudgedRows(reference=reference, profile=whole, baseline=baseline)


def _measure_drift(history: History, judged: JudgedRows, scores: Floats, now: Positions) -> Moved:
    """Measure the drift of features and predictions as monitoring does: less the seasonal baseline."""
    limits, seed = history.config.monitoring.drift.limits, history.config.schedule.seed
    drift = judged.measure(
        profile_rows(_read_batches(history, scores, now), judged.reference), limits=limits, seed=seed
    )
    levels = {each.column: each.level for each in drift.columns if each.level is not None}
    prediction = levels.pop(PREDICTION, None)
    return Moved(
        measured=len(levels),
        moved=sum(level is DriftLevel.ACT for level in levels.values()),
        prediction=prediction is DriftLevel.ACT,
    )


def _read_batches(history: History, scores: Floats, rows: Positions) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), BATCH_ROWS):
        chosen = rows[start : start + BATCH_ROWS]
        frame = history.frame.iloc[chosen][list(history.config.data.features)]
        answers = scores[chosen]
        if answers.ndim > 1:
            answers = np.array(history.classes, dtype=object)[answers.argmax(axis=1)]
        frame = frame.assign(**{PREDICTION: answers})
        yield pa.RecordBatch.from_pandas(frame, preserve_index=False)


def _refuse(period: int) -> PastModel:
    raise ArtifactError(f"the model of period {period} was not made; run the backtest again")
