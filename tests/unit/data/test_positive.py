"""Which of two classes is the event, in several languages."""

import pandas as pd
import pytest

from ratchet.data.positive import choose_positive


def choose(often: str, seldom: str):
    return choose_positive(pd.Series([often, often, seldom]))


@pytest.mark.parametrize(
    ("event", "other"),
    [
        *(("1", "0"), ("1.0", "0.0"), ("1", "-1"), ("yes", "no"), ("Y", "N"), ("True", "False"), ("t", "f")),
        *(("ja", "nein"), ("oui", "non"), ("sí", "no"), ("sim", "não"), ("tak", "nie"), ("on", "off")),
        *(
            ("did buy the thing", "did not buy"),
            ("bought", "not bought"),
            ("churned", "no churn"),
            ("left", "didn't leave"),
        ),
        *(("gekauft", "nicht gekauft"), ("défaut", "pas de défaut"), ("comprado", "no comprado"), ("2", "0")),
    ],
)
def test_what_has_happened_is_positive_however_often_it_does(event: str, other: str) -> None:
    for often, seldom in ((event, other), (other, event)):
        found = choose(often, seldom)
        assert (found.positive, found.negative, found.doubt) == (event, other, "")


@pytest.mark.parametrize(
    ("event", "other"),
    [
        *(("sick", "healthy"), ("fraud", "legit"), ("spam", "ham"), ("malignant", "benign"), ("bad", "good")),
        *(("krank", "gesund"), ("dead", "alive"), ("Default", "paid"), ("positive", "negative"), ("failure", "normal")),
    ],
)
def test_what_a_name_means_is_taken_and_asked(event: str, other: str) -> None:
    for often, seldom in ((event, other), (other, event)):
        found = choose(often, seldom)
        assert found.positive == event
        assert found.doubt == "is this the event? Its name says so"


@pytest.mark.parametrize(("often", "seldom"), [("red", "blue"), ("1", "2"), ("<=50K", ">50K"), ("A", "B")])
def test_in_doubt_the_rarer_one_is_asked_about(often: str, seldom: str) -> None:
    found = choose(often, seldom)
    assert found.positive == seldom
    assert "the rarer one was taken" in found.doubt
