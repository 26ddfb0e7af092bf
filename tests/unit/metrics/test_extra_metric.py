"""A metric that is one entry in the registry is known everywhere: config, gains, production, gates, reports."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from builders.judgements import make_comparison, make_plan, make_regression_pair
from builders.matured import PLAN, make_judged
from builders.runs import make_config
from ratchet import plugins
from ratchet.errors import ConfigError
from ratchet.evaluation.comparison import Scored, measure_figures, predict_baseline
from ratchet.evaluation.gains import measure_gain
from ratchet.evaluation.judging import judge
from ratchet.evaluation.production.figures import describe, measure_rows
from ratchet.metrics import registry
from ratchet.metrics.decomposed import mean_over_rows
from ratchet.metrics.metric import Metric
from ratchet.reports.wording import gain_interval
from ratchet.timeline import Window

MEAN_FOURTH = Metric(
    name="mean_fourth",
    tasks=("regression",),
    value=lambda labels, predictions, _options: float(((predictions - labels) ** 4).mean()),
    interval=mean_over_rows(lambda labels, predictions, _options: (predictions - labels) ** 4),
    is_loss=True,
    highest=float("inf"),
)
ERRORS = np.random.default_rng(1).normal(size=400)


@dataclass
class Entry:
    """An entry point."""

    metric: object
    name: str = "mean_fourth"
    value: str = "some_package:METRIC"

    def load(self) -> object:
        return self.metric


@pytest.fixture
def install(monkeypatch):
    """Let there be other entry points of metrics."""

    def add(*entries):
        monkeypatch.setattr(plugins, "entry_points", lambda *, group: entries if group == plugins.METRICS else ())
        plugins.find_plugins.cache_clear()
        registry.read_metrics.cache_clear()

    yield add
    monkeypatch.undo()
    plugins.find_plugins.cache_clear()
    registry.read_metrics.cache_clear()


@pytest.fixture(params=["entry in the table", "entry point"])
def extra(request, monkeypatch, install):
    """The registry with one metric more, added in either way."""
    if request.param == "entry in the table":
        monkeypatch.setattr(registry, "BUILT_IN", (*registry.BUILT_IN, MEAN_FOURTH))
        install()
    else:
        install(Entry(MEAN_FOURTH))
    return "mean_fourth"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry(registry.find_metric("mae"), name="mae"), "'mae' of ratchet.metrics calls its metric 'mae'; give both"),
        (Entry(MEAN_FOURTH, name="fourth"), "'fourth' of ratchet.metrics calls its metric 'mean_fourth'; give both"),
        (Entry("rmse"), "'mean_fourth' of ratchet.metrics is a str, not a `ratchet.metrics.metric.Metric`"),
    ],
    ids=["takes another's place", "two names", "no metric"],
)
def test_a_plug_in_that_is_not_what_it_says_is_refused(install, entry, why):
    install(entry)
    with pytest.raises(ConfigError, match=why):
        make_extra_config("rmse")


def make_extra_config(metric="mean_fourth", **evaluation):
    return make_config(task="regression", evaluation={"metric": metric} | evaluation)


def test_the_config_takes_it_and_has_it_guarded(extra):
    config = make_extra_config()
    assert config.metric == extra
    assert [guard.metric for guard in config.guards] == ["mae"]
    assert [guard.metric for guard in make_extra_config("rmse", guards=[{"metric": extra}]).guards] == [extra]


def test_the_config_does_not_know_it_without_its_entry():
    with pytest.raises(ValueError, match="'rmse', 'mae', 'mape', 'r2' or 'pinball'"):
        make_extra_config()


def test_its_gain_has_an_interval(extra):
    pair = make_regression_pair(ERRORS, against=1.5 * ERRORS, metric=extra)
    gain = measure_gain(pair, make_plan(400), confidence=0.95)
    assert gain.problem is None
    assert gain.estimate == pytest.approx((1.5**4 - 1) * (ERRORS**4).mean())
    assert 0 < gain.lower < gain.estimate < gain.upper
    assert gain_interval(gain)


def test_it_judges_a_challenger(extra):
    labels = np.zeros(400)
    sides = {"challenger": Scored(scores=ERRORS), "champion": Scored(scores=2 * ERRORS)}
    baseline = Scored(scores=predict_baseline(extra, ERRORS, classes=0, rows=400))
    comparison = make_comparison(make_extra_config(), labels=labels, classes=0, baseline=baseline, **sides)
    evaluation = judge(comparison, challenger="new", champion="old")
    assert evaluation.champion_gain.metric == extra
    assert evaluation.champion_gain.lower > 0
    assert evaluation.metrics[-1].metric == extra
    assert evaluation.metrics[-1].challenger == pytest.approx((ERRORS**4).mean())


def test_a_policy_may_look_at_it(extra):
    figures = measure_figures(make_extra_config(), np.zeros(400), Scored(scores=ERRORS), 1.0)
    assert extra in [each.name for each in figures if each.is_smaller_better]


@pytest.mark.usefixtures("example_package")
def test_that_of_the_example_package_has_an_interval_around_its_figure():
    labels = np.random.default_rng(2).poisson(3.0, size=400).astype(float)
    pair = make_regression_pair(np.full(400, 3.0), against=np.full(400, 6.0), metric="poisson_deviance")
    assert make_extra_config("poisson_deviance").metric == "poisson_deviance"
    gain = measure_gain(replace(pair, labels=labels), make_plan(400), confidence=0.95)
    expected = mean_poisson_deviance(labels, np.full(400, 6.0)) - mean_poisson_deviance(labels, np.full(400, 3.0))
    assert gain.estimate == pytest.approx(expected)
    assert 0 < gain.lower < gain.estimate < gain.upper


def test_production_is_measured_by_it(extra):
    now, then = (measure_rows(extra, make_judged(np.zeros(400), scale * ERRORS), PLAN) for scale in (1.5, 1))
    figure = describe(extra, None, Window(start=0, end=400), now, then)
    assert figure.metric == extra
    assert now.lower < now.value < now.upper
    assert figure.loss == pytest.approx(1.5**4 - 1)
