import numpy as np
import pytest

from builders.leakage import HOURS, make_material, make_table
from ratchet.evaluation.leakage.material import MOST_CLASSES, ask_questions, draw, find_answerable

CHANCE = np.random.default_rng(11)
NOBODY = np.empty(0)


def test_two_classes_are_one_question_and_numbers_three():
    labels = np.array([0.0, 1.0, 1.0])
    assert ask_questions(labels, labels, 2).tolist() == [[0.0], [1.0], [1.0]]
    train = np.arange(101.0)
    assert ask_questions(np.array([25.0, 26.0, 76.0]), train, 0).tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 1]]


def test_of_many_classes_the_most_frequent_are_asked_about():
    train = np.repeat(np.arange(12.0), np.arange(1, 13))
    asked = ask_questions(np.array([11.0, 0.0]), train, 12)
    assert asked.shape == (2, MOST_CLASSES)
    assert asked[0].tolist() == [1.0] + [0.0] * 9
    assert asked[1].sum() == 0


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_nobody_is_asked_nothing(classes):
    asked = ask_questions(NOBODY, np.array([0.0, 1.0, 2.0, 2.0]), classes)
    assert len(asked) == 0
    assert len(find_answerable(asked, asked)) == 0


@pytest.mark.parametrize(("train", "judged", "is_enough"), [(20, 20, True), (19, 20, False), (20, 19, False)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_question_needs_twenty_rows_of_each_answer_on_both_sides(train, judged, is_enough, turned):
    sides = [np.repeat([1.0, 0.0], [fewer, 100])[:, None] for fewer in (train, judged)]
    answers = [1 - side for side in sides] if turned else sides
    assert len(find_answerable(*answers)) == is_enough


@pytest.mark.parametrize("labels", [np.zeros(100), np.ones(100), np.full(100, 7.0)])
def test_a_target_of_one_value_has_no_answer(labels):
    for classes in (0, 8):
        asked = ask_questions(labels, labels, classes)
        assert len(find_answerable(asked, asked)) == 0


@pytest.mark.parametrize(("rows", "kept"), [(0, 0), (1, 1), (10, 10), (11, 10)])
def test_no_more_rows_are_drawn_than_wanted_and_in_their_order(rows, kept):
    drawn = draw(rows, 10, 1)
    assert len(set(drawn.tolist())) == len(drawn) == kept
    assert (np.diff(drawn) > 0).all()
    assert drawn.tolist() == draw(rows, 10, 1).tolist()


def test_columns_are_joined_part_by_part_and_gaps_stay():
    frame = make_table(200)
    frame.loc[3, "a"] = np.nan
    material = make_material(frame, method="time", time=HOURS)
    assert np.array_equal(material.joined("a"), frame["a"].to_numpy(), equal_nan=True)
    assert material.all_labels.tolist() == frame["y"].tolist()
    assert (np.diff(material.all_order) > 0).all()


def test_without_a_clock_the_order_is_that_of_the_rows():
    material = make_material(make_table(200), parts=[range(100, 200), range(50), range(50, 100)])
    assert material.train.order.tolist() == list(range(100, 200))
    assert len(material.train) == 100


def test_numbers_and_flags_are_no_categories_and_keys_are():
    material = make_material(make_table(200).assign(who="w"), entity="who")
    assert material.numbers == ["a", "b", "c", "d", "member"]
    assert material.is_category("who")
    assert material.others("city") == [name for name in material.features if name != "city"]
