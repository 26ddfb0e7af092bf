"""A study: what it asks for, what it begins with, and what a trial needs to go on."""

import json

import numpy as np
import pytest

from builders.training import make_spec
from ratchet.models.catalogue import CATALOGUE, Range, build_estimator, list_ranges
from ratchet.models.tuning import BEGINNINGS, Study
from ratchet.records.modelling import TrainingWindow, Trial

LINEAR, FOREST = make_spec("linear", "one"), make_spec("random_forest", "two", parameters={"max_features": 0.5})


def make_trial(name="one", *scores, failure=None, **parameters):
    text = json.dumps(parameters, sort_keys=True)
    return Trial(name=name, parameters=text, window=TrainingWindow(), scores=scores, failure=failure)


def make_study(*specs, measured=(), seed=3):
    return Study(specs or (LINEAR, FOREST), "binary", measured=measured, seed=seed)


def ask(study, count, judge):
    """Ask and tell so many times, and return what was asked for."""
    found = []
    for _ in range(count):
        asked, spec = study.ask()
        study.tell(asked, make_trial(spec.name, judge(spec), **spec.parameters))
        found.append(spec)
    return found


def prefer_small(spec):
    return -abs(np.log10(spec.parameters["C"]) + 2) if spec.name == "one" else -9.0


def test_it_asks_for_what_the_yaml_leaves_open_within_the_ranges():
    for spec in ask(make_study(), 12, prefer_small):
        ranges = list_ranges(LINEAR if spec.name == "one" else FOREST, "binary")
        assert all(ranges[name].holds(value) for name, value in spec.parameters.items() if name in ranges)
        assert spec.name == "one" or spec.parameters["max_features"] == 0.5


def test_what_promises_more_is_tried_more_often_and_the_best_is_found():
    asked = ask(make_study(), 40, prefer_small)
    assert sum(each.name == "one" for each in asked[20:]) > 15
    assert max(prefer_small(each) for each in asked) > -0.1


def test_the_same_seed_and_figures_ask_for_the_same():
    first, again, other = (ask(make_study(seed=seed), 15, prefer_small) for seed in (3, 3, 4))
    assert first == again != other


def test_what_earlier_runs_found_comes_first_in_its_order():
    study = make_study(measured=[make_trial("one", 0.5), make_trial("two", 0.5)])
    past = [(make_trial("two", 0.9, max_features=0.5, min_samples_leaf=7), 0.2), (make_trial("one", 0.8, C=0.25), 0.1)]
    study.begin_with([("one", '{"C": 0.5}')], past)
    asked = ask(study, 3, prefer_small)
    assert [each.parameters for each in asked] == [
        {"C": 0.5},
        {"max_features": 0.5, "min_samples_leaf": 7},
        {"C": 0.25},
    ]


def test_what_gained_nothing_or_was_given_up_is_not_tried_again_but_tells_where_to_look():
    past = [(make_trial("one", 0.9, C=10.0**power), -abs(power + 2.0)) for power in np.linspace(-3, 2, 30)]
    past += [(make_trial("two", 0.1, max_features=0.5, min_samples_leaf=leaf), -5.0) for leaf in range(1, 30)]
    past += [(make_trial("one", 0.9, failure="given up", C=50.0), 0.5)]
    study = make_study(measured=[make_trial("one", 0.5), make_trial("two", 0.5)])
    study.begin_with([], past)
    asked = ask(study, 6, prefer_small)
    assert not {each.parameters.get("C") for each in asked} & {
        json.loads(each.parameters).get("C", 0) for each, _ in past
    }
    assert np.median([prefer_small(each) for each in asked]) > -1


@pytest.mark.parametrize(
    "found",
    [
        make_trial("gone", C=0.5),
        make_trial(),  # the YAML's own
        make_trial(C=1e9),
        make_trial(C="much"),
        make_trial(C=True),
        make_trial(C=0.5, tol=0.1),
        make_trial("two", max_features=0.9, min_samples_leaf=7),  # the YAML says otherwise
        make_trial("two", max_features=0.5, min_samples_leaf=7.5),
    ],
)
def test_what_today_s_yaml_or_ranges_do_not_let_is_left_out(found):
    study = make_study(measured=[make_trial("one", 0.5), make_trial("two", 0.5)])
    study.begin_with([(found.name, found.parameters), ("one", '{"C": 0.125}')], [(found, 0.1)])
    assert ask(study, 1, prefer_small)[0].parameters == {"C": 0.125}


def test_no_more_than_a_few_are_measured_again_and_each_once():
    study = make_study()
    study.begin_with([("one", json.dumps({"C": value})) for value in (0.5, 0.5, *np.linspace(0.1, 0.4, 20))], [])
    asked = [each.parameters.get("C") for each in ask(study, BEGINNINGS + 1, prefer_small)]
    assert asked[:BEGINNINGS] == pytest.approx([0.5, *np.linspace(0.1, 0.4, 20)[: BEGINNINGS - 1]])
    assert asked[BEGINNINGS] not in np.linspace(0.1, 0.4, 20)


def test_a_trial_needs_to_be_among_the_better_half_after_each_fold():
    assert make_study().find_floors() == ()
    study = make_study(measured=[make_trial("one", 0.9, 0.7), make_trial("two", 0.4, 0.4)])
    assert study.find_floors() == pytest.approx((0.55, 0.6))
    asked, _ = study.ask()
    study.tell(asked, make_trial("one", 0.1, failure="given up"))
    assert study.find_floors()[0] == pytest.approx(0.4)
    asked, _ = study.ask()
    study.tell(asked, make_trial(failure="it was killed"))
    assert len(study.find_floors()) == 2


@pytest.mark.parametrize("value", [0, 11, 2.5, True, None, "3"])
def test_a_range_holds_what_a_search_can_find(value):
    assert not Range(1, 10).holds(value)
    assert Range(1, 10).holds(10)
    assert Range(0.5, 10).holds(1)


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("name", CATALOGUE)
def test_every_range_is_of_a_parameter_that_the_estimator_takes(name, task):
    spec = make_spec(name)
    for end in ("low", "high"):
        settings = {key: getattr(each, end) for key, each in CATALOGUE[name].space(task).items()}
        built = build_estimator(
            spec.model_copy(update={"parameters": settings}), task, is_category=[False], seed=1, threads=1
        )
        assert settings.items() <= built.get_params().items()
