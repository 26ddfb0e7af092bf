"""Models that are made from older ones: what stays, what is learnt, and what can't be done."""

import importlib.util

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from builders.training import CLASSES, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.errors import TrainingError
from ratchet.models import refreshing
from ratchet.models.catalogue import CATALOGUE
from ratchet.models.fitting import fit_as_refreshed, fit_candidate, fit_from
from ratchet.models.labels import encode_labels
from ratchet.models.preprocessing import as_features
from ratchet.models.recalibration import bare_estimator, recalibrate
from ratchet.models.refreshing import Base, Lesson, resume, start_again
from ratchet.models.scoring import score_rows
from ratchet.records.columns import ROW, TIME
from ratchet.records.modelling import Refresh

ROWS, LEARNT = 900, 600
BOOSTING = [
    "xgboost",
    pytest.param("lightgbm", marks=pytest.mark.skipif(not importlib.util.find_spec("lightgbm"), reason="an extra")),
]


def make_case(task="binary", estimator="xgboost", way="incremental", **changes):
    """A config of rows in an order, a candidate, the rows, and a base that has learnt the older ones."""
    config = make_task_config(task)
    frame, spec = make_mixed_rows(task, ROWS), make_spec(estimator, refresh=way, **changes)
    frame = frame.assign(**{TIME: frame[ROW]})
    old = frame.iloc[:LEARNT]
    pipeline = fit_candidate(spec, old, config, classes=CLASSES[task], seed=config.schedule.seed, threads=1)
    return config, spec, frame, Base(pipeline=pipeline, until=LEARNT - 1)


def fit(case, frame=None):
    config, spec, rows, base = case
    rows = rows if frame is None else frame
    return fit_from(base, spec, rows, config, classes=CLASSES[config.task], threads=1)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("estimator", BOOSTING)
def test_an_increment_is_a_fifth_of_the_trees_at_half_the_rate(task, estimator, tmp_path):
    case = make_case(task, estimator, parameters={"n_estimators": 20, "learning_rate": 0.2})
    config, _, rows, base = case
    before = score_rows(base.pipeline, rows, config)
    made, problem = fit(case)
    assert problem is None
    assert np.array_equal(score_rows(base.pipeline, rows, config), before)
    model = made[-1]
    assert (model.n_estimators, model.learning_rate, model.n_jobs) == (4, 0.1, 1)
    rounds = model.get_booster().num_boosted_rounds() if estimator == "xgboost" else model.booster_.current_iteration()
    assert rounds == 24
    assert made[0] is base.pipeline[0]
    apart = np.abs(score_rows(made, rows, config) - before)
    assert 0 < apart.mean() < np.abs(before - before.mean()).mean()
    again = read_pipeline(write_pipeline(made, tmp_path / "model.skops", tmp_path), tmp_path)
    assert np.array_equal(score_rows(again, rows, config), score_rows(made, rows, config))


def test_an_increment_learns_the_rows_that_are_new_and_those_of_its_window():
    case = make_case()
    _, spec, rows, _ = case
    expected = score_rows(fit(case)[0], rows, case[0])
    spoilt = rows.assign(bought=rows["bought"].where(rows[ROW] >= LEARNT, 1 - rows["bought"]))
    assert np.array_equal(score_rows(fit(case, spoilt)[0], rows, case[0]), expected)
    spoilt = rows.assign(bought=rows["bought"].where(rows[ROW] != LEARNT, 1 - rows["bought"]))
    assert not np.array_equal(score_rows(fit(case, spoilt)[0], rows, case[0]), expected)
    windowed = (case[0], spec.model_copy(update={"window": 150}), *case[2:])
    assert np.array_equal(
        score_rows(fit(windowed, rows)[0], rows, case[0]), score_rows(fit(case, rows[ROWS - 150 :])[0], rows, case[0])
    )


def test_the_same_increment_is_the_same_whatever_was_fitted_before_it():
    case = make_case()
    first = score_rows(fit(case)[0], case[2], case[0])
    fit((*case[:2], case[2].iloc[::-1], None))
    assert np.array_equal(score_rows(fit(case)[0], case[2], case[0]), first)


def test_older_rows_count_for_less_where_a_half_life_is_given():
    plain, halved = make_case(), make_case(half_life=20)
    rows, config = plain[2], plain[0]
    base = plain[3]
    one, other = (fit((config, each[1], rows, base))[0] for each in (plain, halved))
    assert not np.array_equal(score_rows(one, rows, config), score_rows(other, rows, config))


@pytest.mark.parametrize("task", TASKS)
def test_refreshed_leaves_forget_what_they_were_and_keep_their_trees(task, tmp_path):
    case = make_case(task, way="refresh", parameters={"n_estimators": 20})
    config, spec, rows, base = case
    turned = rows.iloc[::-1].assign(bought=rows["bought"].to_numpy())  # other labels: other leaves
    made, problem = fit(case, turned)
    assert problem is None
    shapes = [bare_estimator(each).get_booster().trees_to_dataframe() for each in (base.pipeline, made)]
    splits = ["Tree", "Node", "Feature", "Split"]
    assert shapes[0][splits].equals(shapes[1][splits])
    was, now = ({name: str(value) for name, value in each[-1].get_params().items()} for each in (base.pipeline, made))
    assert {name for name in was if was[name] != now[name]} == {"random_state"}
    assert {now[name] for name in now if name not in was} == {"None"}
    again = fit((config, spec.model_copy(update={"refresh": "incremental"}), rows, Base(pipeline=made, until=500)))[0]
    assert bare_estimator(again).get_booster().num_boosted_rounds() == 24
    read = read_pipeline(write_pipeline(made, tmp_path / "model.skops", tmp_path), tmp_path)
    assert np.array_equal(score_rows(read, rows, config), score_rows(made, rows, config))


def test_refreshed_leaves_follow_the_rows_they_are_given():
    case = make_case(way="refresh", parameters={"n_estimators": 40, "learning_rate": 0.3})
    config, _, rows, base = case
    turned = rows.assign(bought=1 - rows["bought"])
    made = fit(case, turned)[0]
    assert np.corrcoef(score_rows(base.pipeline, rows, config), score_rows(made, rows, config))[0, 1] < -0.3


def test_trees_that_xgboost_drops_are_noticed(monkeypatch):
    case = make_case(way="refresh")
    counted = iter([7, 7, 10, 7, 10])
    monkeypatch.setattr(refreshing, "_count_rounds", lambda _: next(counted))
    made, problem = fit(case)
    assert problem == "XGBoost kept 7 of 10 rounds of trees"
    assert made[-1].get_booster().num_boosted_rounds() == 10


def test_a_correction_of_the_champions_is_left_out():
    case = make_case()
    config, spec, rows, base = case
    labels = encode_labels(rows["bought"], "binary", CLASSES["binary"])
    corrected = recalibrate(base.pipeline, rows, labels, config, method="sigmoid")
    made = fit((config, spec, rows, Base(pipeline=corrected, until=base.until)))[0]
    assert np.array_equal(score_rows(made, rows, config), score_rows(fit(case)[0], rows, config))


@pytest.mark.parametrize("way", ["incremental", "refresh"])
def test_what_has_no_way_to_go_on_is_fitted_in_full(way, monkeypatch):
    config, spec, rows, base = make_case(estimator="linear", way="full")
    spec = spec.model_copy(update={"refresh": way})
    made, problem = fit((config, spec, rows, base))
    assert problem.startswith(
        "a LogisticRegression can't learn more" if way == "incremental" else "the leaves of a Log"
    )
    assert np.array_equal(score_rows(made, rows, config), score_rows(fit((config, spec, rows, None))[0], rows, config))


def test_a_plug_in_that_learns_in_parts_does_so():
    config, _, rows, _ = make_case()
    features = as_features(rows, config.data.features)[["age", "constant"]]
    labels = encode_labels(rows["bought"], "binary", CLASSES["binary"])
    base = Pipeline([("prepare", StandardScaler()), ("model", SGDClassifier(random_state=1))]).fit(features, labels)
    before = base[-1].coef_.copy()
    lesson = Lesson(features=features[LEARNT:], labels=labels[LEARNT:], weights=np.ones(ROWS - LEARNT))
    base[0].output_indices_ = {}  # no categories
    made = start_again(_Plain("linear"), base, lesson, "binary", threads=1)
    expected = SGDClassifier(random_state=1).fit(base[:-1].transform(features), labels)
    expected.partial_fit(base[:-1].transform(features[LEARNT:]), labels[LEARNT:])
    assert np.allclose(made[-1].coef_, expected.coef_)
    assert np.array_equal(base[-1].coef_, before)


class _Plain:
    """A candidate by an estimator that the YAML would not let be incremental."""

    def __init__(self, estimator):
        self.estimator, self.refresh, self.parameters = estimator, "incremental", {}


@pytest.mark.parametrize("unlearnt", [0.2, 0.5])
def test_on_a_fold_the_base_has_learnt_all_but_the_newest_share(unlearnt):
    config, spec, rows, _ = make_case()
    classes, cut = CLASSES["binary"], round(ROWS * (1 - unlearnt))
    made = fit_as_refreshed(spec, rows, config, classes=classes, threads=1, unlearnt=unlearnt)
    old = fit_candidate(spec, rows[:cut], config, classes=classes, seed=config.schedule.seed, threads=1)
    expected = fit_from(Base(pipeline=old, until=cut - 1), spec, rows, config, classes=classes, threads=1)[0]
    assert np.array_equal(score_rows(made, rows, config), score_rows(expected, rows, config))


@pytest.mark.parametrize("way", ["incremental", "refresh", "ages"])
def test_on_a_fold_the_base_ends_with_a_whole_moment(way):
    config, spec, rows, _ = make_case(way=way)
    classes, rows = CLASSES["binary"], rows.assign(**{TIME: rows[ROW] // 50})
    made = fit_as_refreshed(spec, rows, config, classes=classes, threads=1, unlearnt=0.02)
    old = fit_candidate(spec, rows[:850], config, classes=classes, seed=config.schedule.seed, threads=1)
    expected, problem = fit_from(Base(pipeline=old, until=16), spec, rows, config, classes=classes, threads=1)
    assert problem is None
    assert np.array_equal(score_rows(made, rows, config), score_rows(expected, rows, config))


@pytest.mark.parametrize(
    ("task", "unlearnt", "rows_a_moment"),
    [
        *((task, unlearnt, rows) for task in TASKS for unlearnt, rows in ((1.0, 1), (0.5, ROWS))),  # none is older
        *((task, 0.999, 1) for task in ("binary", "multiclass")),  # one row is
        *((task, 0.7, 1) for task in ("binary", "multiclass")),  # they are of one class
    ],
)
def test_on_a_fold_whose_older_rows_can_t_be_learnt_the_fit_is_full(task, unlearnt, rows_a_moment):
    config, spec, rows, _ = make_case(task)
    rows = rows.sort_values("bought").assign(**{TIME: np.arange(ROWS) // rows_a_moment})
    classes, seed = CLASSES[task], config.schedule.seed
    made = fit_as_refreshed(spec, rows, config, classes=classes, threads=1, unlearnt=unlearnt)
    expected = fit_candidate(spec, rows, config, classes=classes, seed=seed, threads=1)
    assert np.array_equal(score_rows(made, rows, config), score_rows(expected, rows, config))


@pytest.mark.parametrize("way", ["incremental", "refresh", "ages"])
@pytest.mark.parametrize("new", [0, 1])
def test_where_no_rows_are_new_the_fit_is_full(way, new):
    config, spec, rows, base = make_case(way=way)
    made, problem = fit((config, spec, rows[: LEARNT + new], base))
    assert problem == f"no two rows are newer than {LEARNT - 1}, the newest that its start has learnt"
    assert np.array_equal(
        score_rows(made, rows, config), score_rows(fit((config, spec, rows[: LEARNT + new], None))[0], rows, config)
    )


def test_on_a_fold_a_full_fit_is_what_it_was():
    config, spec, rows, _ = make_case(way="full")
    classes = CLASSES["binary"]
    made = fit_as_refreshed(spec, rows, config, classes=classes, threads=1, unlearnt=0.3)
    expected = fit_candidate(spec, rows, config, classes=classes, seed=config.schedule.seed, threads=1)
    assert np.array_equal(score_rows(made, rows, config), score_rows(expected, rows, config))


def test_the_yaml_is_read_as_it_was_found_to_be_possible():
    one, two = make_spec("xgboost", "one", refresh="incremental"), make_spec("xgboost", "two", refresh="refresh")
    config = make_task_config("binary", candidates=[one, two])
    found = Refresh(name="one", way="full", reason="there is no champion yet", parameters='{"max_depth": 2}')
    changed, same = resume(config, [found]).candidates
    assert (changed.refresh, changed.parameters) == ("full", {"max_depth": 2})
    assert same == two
    assert resume(config, ()).candidates == config.candidates


def test_only_the_estimators_that_say_so_grow_more_trees():
    assert {name for name, entry in CATALOGUE.items() if entry.start_argument} == {"xgboost"}
    with pytest.raises(TrainingError, match="can't learn more rows: it has no `partial_fit`"):
        refreshing._learn_more(LogisticRegression(), np.zeros((2, 1)), np.array([0.0, 1.0]), {})
