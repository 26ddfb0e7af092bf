"""Which columns speak of persons: by the words of their names in six languages, and by their values."""

import numpy as np
import pandas as pd
import pytest

from ratchet.data.sensitive import is_of_persons, recognise

CODES = [1, 2, 3] * 40


def say(name, values=CODES):
    found = recognise(pd.Series(values, name=name, dtype=object))
    return None if found is None else (found.kind, found.is_sure)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("sex", "sex Gender customer_gender Geschlecht sexe SEXO codSexo sesso PatientSex"),
        (
            "age",
            "age Age AGE customer_age age_of_applicant age_in_years ageGroup edad idade Alter Âge faixa_etaria",
        ),
        ("date of birth", "dob birth_date year_of_birth Geburtsdatum date_naissance fecha_nacimiento data_nascita"),
        ("ethnic group", "race ethnicity etnia raça raza razza ethnie"),
        ("religion", "religion Konfession religião religione"),
        (
            "nationality",
            "nationality citizenship native_country Staatsangehörigkeit nationalité nacionalidad cittadinanza",
        ),
        ("marital status", "marital_status Familienstand estado_civil stato.civile situation_familiale MaritalStatus"),
        ("disability", "disability Behinderung discapacidad deficiência disabilità"),
        ("pregnancy", "pregnant schwanger embarazo grossesse"),
        ("sexual orientation", "sexual_orientation"),
    ],
)
def test_names_in_six_languages(kind, names):
    assert {name: say(name) for name in names.split()} == dict.fromkeys(names.split(), (kind, True))


@pytest.mark.parametrize(
    "name",
    [
        *("house_age", "HouseAge", "account_age_days", "page_age", "age_of_vehicle", "edad_vehiculo", "idade_conta"),
        *("usage", "language", "language_version", "message", "sexta", "package", "mileage", "average", "percentage"),
        *(
            "stage",
            "storage",
            "wage",
            "manager",
            "trace",
            "bracelet",
            "race_distance",
            "race_id",
            "sex_ratio",
            "unisex",
        ),
        *("page", "voltage", "coverage", "image", "interested", "sextile", "etage", "garage", "passengers"),
    ],
)
def test_words_that_hold_such_letters_or_speak_of_things_are_nothing(name):
    assert say(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("zip", "postcode"), ("PLZ", "postcode"), ("code_postal", "postcode"), ("orientation", "sexual orientation")),
        *(("handicap", "disability"), ("median_age", "age"), ("race_share", "ethnic group"), ("eta", "age")),
        *(("roof_age", "age"), ("race_result", "ethnic group"), ("genero", "sex"), ("edad_media", "age")),
        *(("Black", "ethnic group"), ("Hisp", "ethnic group"), ("asian", "ethnic group")),
    ],
)
def test_what_may_be_something_else_is_a_question(name, kind):
    assert say(name) == (kind, False)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("sex", ["Male", "Female"]),
        ("sex", ["m", "f"]),
        ("sex", ["M", "F", None]),
        ("sex", ["m", "w", "d"]),
        ("sex", ["Mann", "Frau"]),
        ("sex", ["männlich", "weiblich", "divers"]),
        ("sex", ["Homme", "Femme"]),
        ("sex", ["Hombre", "Mujer"]),
        ("sex", ["Homem", "Mulher"]),
        ("sex", ["Uomo", "Donna"]),
        ("sex", ["femenino", "masculino"]),
        ("sex", ["male", "female", "Other", "prefer not to say"]),
        ("sex", ["Mr", "Mrs", "Miss", "Dr"]),
        ("marital status", ["Never-married", "Married-civ-spouse", "Divorced", "Widowed"]),
        ("marital status", ["ledig", "verheiratet", "geschieden"]),
        ("marital status", ["soltero", "casado", "viudo"]),
        ("ethnic group", ["White", "Black", "Asian-Pac-Islander", "Amer-Indian-Eskimo", "Other"]),
        ("ethnic group", ["African-American", "Caucasian", "Hispanic"]),
        ("religion", ["Catholic", "Muslim", "none"]),
        ("religion", ["evangelisch", "katholisch", "konfessionslos"]),
    ],
)
def test_values_under_any_name(kind, values):
    assert say("x7", values * 30) == (kind, True)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("sex", ["h", "m"]),
        ("age", [f"{low}-{low + 9}" for low in range(20, 70, 10)] + ["70+"]),
        ("age", ["under 18", "18-34", "35-64", "65 and over"]),
        ("age", [f"[{low}-{low + 10})" for low in range(0, 100, 10)]),
        ("age", [*range(18, 80)]),
        ("age", [str(number) for number in range(17, 91)]),
        ("nationality", ["German", "French", "Turkish"]),
        ("ethnic group", ["Black", "White"]),  # or pieces of chess
    ],
)
def test_values_that_may_be_something_else_are_a_question(kind, values):
    assert say("x7", values * 3) == (kind, False)
    assert "if so, list it under `sensitive`" in recognise(pd.Series(values * 3, name="x7")).question


@pytest.mark.parametrize(
    "values",
    [
        *(["yes", "no"], ["black", "white", "red"], ["single", "double"], ["low", "high"]),
        *(["a", "b"], ["m", "l", "s"], ["f", "t"], [1, 2], [True, False], [None], ["1-2", "3-4"], ["10-20", "20-30"]),
        *([*range(1, 100)], [*range(60)], list(np.linspace(18, 80, 62)), ["Orthodox", "Modern", "Old", "New"]),
        *(["n/a"], ["manager", "clerk"], ["mister", "master"], [f"t{number}" for number in range(90)]),
    ],
)
def test_other_values_are_nothing(values):
    assert say("x7", values * 3) is None


def test_a_name_alone_is_asked_where_values_are_times():
    assert [is_of_persons(name) for name in ("date_of_birth", "signup_date", "zip")] == [True, False, False]


def test_a_doubtful_name_with_such_values_is_sure():
    assert say("eta", [*range(18, 80)]) == ("age", True)
    assert say("genre", ["homme", "femme"]) == ("sex", True)
    assert say("genre", ["comedy", "drama", "crime", "war", "news"]) is None
    assert say("age_band", ["18-34", "35-64", "65+"]) == ("age", True)
