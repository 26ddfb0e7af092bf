"""Tell which columns speak of what persons must not be treated unequally for, by the words of a name and by values.

A name is read by its words, so that `house_age`, `usage` or `language` speak of nobody's age; values are read whatever
the column is called. What may as well be something else is a doubt: a question to a person, and a feature until then.
The words are English, German, French, Spanish, Portuguese and Italian.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

SHOWN = 3  # values that a reason names
MOST_VALUES = 40  # different ones, above which they are no list of groups
MOST_SEXES = 4  # different values of a column whose name may mean sex or a kind of film
SHARE = 0.6  # of the different values that must be known


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a column seems to say about persons.

    Attributes:
        kind: such as "sex" or "marital status".
        why: what gives it away, in a few words.
        is_sure: whether there is no doubt; a doubt is a question.
    """

    kind: str
    why: str
    is_sure: bool

    @property
    def question(self) -> str:
        """What a person is asked about it."""
        return f"may be {self.kind} ({self.why}): if so, list it under `sensitive`"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# kind: words one of which in a name is enough
NAMES = {
    "sex": _words("sex gender geschlecht sexe sexo sesso"),
    "age": _words("age ages edad idade alter lebensalter altersgruppe altersklasse alterskategorie agegroup ageband"),
    "date of birth": _words(
        "dob birthdate birthday birthyear geburtsdatum geburtsjahr geburtstag naissance nacimiento nascimento nascita"
    ),
    "ethnic group": _words(
        "race races ethnicity ethnic ethnicities ethnie ethnique ethnizitat raza raca razza etnia caste"
    ),
    "religion": _words(
        "religion religious konfession religionszugehorigkeit glaubensbekenntnis religiao religione denomination"
    ),
    "nationality": _words(
        "nationality citizenship citizen nationalitat staatsangehorigkeit staatsburgerschaft geburtsland "
        "nationalite citoyennete nacionalidad ciudadania nacionalidade cidadania nazionalita cittadinanza"
    ),
    "marital status": _words("marital marriage married familienstand matrimonial matrimoniale"),
    "disability": _words(
        "disability disabled disabilities behinderung behindert schwerbehindert schwerbehinderung invalidite "
        "discapacidad discapacitado deficiencia deficiente disabilita invalidita"
    ),
    "pregnancy": _words(
        "pregnant pregnancy schwanger schwangerschaft enceinte grossesse embarazo embarazada gravidez gravida "
        "gravidanza"
    ),
}
# words that say it only together
PHRASES = {
    "marital status": ("estado civil", "stato civile", "etat civil", "situation familiale", "civil status"),
    "date of birth": ("date birth", "year birth", "birth date", "birth year", "geburt datum", "geburt jahr"),
    "ethnic group": (
        *("origine ethnique", "ethnische herkunft", "skin color", "skin colour", "skin tone", "color piel", "cor pele"),
        "couleur peau",
    ),
    "nationality": ("native country", "country birth", "birth country", "pays naissance"),
    "sexual orientation": ("sexual orientation", "sexuelle orientierung", "orientation sexuelle", "orientacion sexual"),
    "age": ("faixa etaria", "fascia eta", "tranche age", "grupo edad", "rango edad"),
}
# words that may mean it: a question
DOUBTS = {
    "sex": _words("genero genere genre"),
    "age": _words("eta"),
    "postcode": _words("zip zipcode postcode postal plz postleitzahl cep"),
    "disability": _words("handicap handicapped impairment"),
    "sexual orientation": _words("orientation"),
    "nationality": _words("native"),
    "ethnic group": _words("herkunft"),
}
# an age, a sex or a race beside one of these is no person's
THINGS = _words(
    "house home housing building property dwelling flat apartment account acct page site domain car vehicle "
    "auto fleet machine equipment device engine battery asset loan credit debt invoice bill policy contract "
    "order ticket cart session cookie cache file record row data message post article listing ad company firm "
    "business shop store product item stock inventory model version certificate tree stand wine rock fossil "
    "star ring road pipe cell sample days day hours hour minutes seconds weeks months month gebaude haus "
    "konto fahrzeug maschine vertrag maison compte vehicule casa cuenta vehiculo conta veiculo conto veicolo "
    "usage gap ratio id time lap distance track track_id"
)
# and beside one of these of many persons, or of a rule
FIGURES = _words(
    "avg average mean median min max minimum maximum limit rate share pct percent percentage count number "
    "score index media mittel mittlere durchschnitt moyenne moyen promedio"
)
# words that are harmless beside one of the ambiguous: of persons, of codes and of classes
PERSONS = _words(
    "customer client patient applicant person user employee borrower debtor driver passenger mother father "
    "parent child partner spouse wife husband respondent insured policyholder owner head subject member "
    "student pupil teacher worker player buyer citizen resident victim defendant offender candidate "
    "participant my current exact rounded group grp groups band bands range class classes bracket bucket bin "
    "binned segment cat category code coded num in of at the on when year years yr yrs y old int de des du "
    "del della do da im bei kunde kunden kundin mitarbeiter versicherter antragsteller fahrer schuler kind "
    "gruppe klasse jahre jahren cliente paciente paziente empleado empleada trabajador alumno alumna aluno "
    "aluna studente estudante estudiante usuario utente persona pessoa personne salarie eleve conducteur "
    "assure anos annees anni ethnicity ethnic gender sex"
)
AMBIGUOUS = _words("age ages race races edad idade alter eta")
WITH_THINGS = frozenset({"age", "sex", "ethnic group"})

MALE = _words(
    "male man men boy mann mannlich maennlich herr junge homme hommes masculin garcon monsieur hombre hombres "
    "masculino varon homem homens senhor senor uomo uomini maschio maschile signore mr masc"
)
FEMALE = _words(
    "female woman women girl frau weiblich madchen femme femmes feminin fille madame mujer mujeres femenino "
    "femenina hembra mulher mulheres feminino feminina senhora senora donna donne femmina femminile signora "
    "mrs ms miss fem"
)
NEUTRAL = _words(
    "other others unknown divers diverse nonbinary non-binary x na n/a none autre outro otro altro unbekannt "
    "inconnu andere undisclosed unspecified missing d u o dr prof not prefer keine"
)
SURE_LETTERS = ({"m", "f"}, {"m", "w"})
DOUBTFUL_LETTERS = ({"h", "f"}, {"h", "m"}, {"u", "d"})
# kind: words of values; a value is known when one of its words is
VALUES = {
    "marital status": _words(
        "single married divorced widowed widow widower separated unmarried ledig verheiratet geschieden verwitwet "
        "celibataire marie mariee divorce divorcee veuf veuve pacse soltero soltera casado casada divorciado "
        "divorciada viudo viuda solteiro solteira viuvo viuva celibe nubile sposato sposata coniugato coniugata "
        "divorziato divorziata vedovo vedova"
    ),
    "religion": _words(
        "christian christianity muslim islam hindu hinduism jewish judaism buddhist buddhism catholic protestant "
        "sikh orthodox atheist agnostic evangelisch katholisch muslimisch judisch konfessionslos catholique "
        "musulman musulmane juif juive catolico catolica protestante musulmano ateo ateu cattolico ebreo "
        "cristiano cristao evangelico"
    ),
    "ethnic group": _words(
        "asian hispanic latino latina african caucasian black white amerindian aboriginal inuit maori roma "
        "indigenous arab polynesian islander mixed multiracial mestizo indigena branca preta parda amarela negro "
        "negra blanco pardo afro caucasico asiatico hispano eskimo"
    ),
    "nationality": _words(
        "german french spanish italian portuguese british english irish polish turkish american mexican chinese "
        "indian russian dutch swedish deutsch franzosisch spanisch italienisch turkisch polnisch syrisch francais "
        "francaise allemand allemande espagnol italien marocain algerien espanol espanola aleman frances marroqui "
        "brasileiro brasileira portugues italiano italiana tedesco francese rumeno brazilian romanian ukrainian "
        "syrian moroccan canadian australian japanese"
    ),
}
COLOURS = _words("black white mixed negro negra blanco preta branca amarela roma")  # of cars as well
SURE_VALUES = frozenset({"marital status", "religion", "ethnic group"})
AGE_BAND = re.compile(
    r"(\d{1,3})\s*(?:-|\u2013|to|bis|a|\u00e0|_)\s*(\d{1,3})|(?:<|<=|under|unter|bis)\s*(\d{1,3})"
    r"|(?:>|>=|over|ab|\u00fcber)?\s*(\d{1,3})\s*(?:\+|and over|and above|plus|y m\u00e1s|e pi\u00f9|ou mais|et plus)?"
)


def recognise(values: pd.Series) -> Recognised | None:
    """Say what a column seems to say about persons; None when nothing.

    Args:
        values: the column under its name.
    """
    named, found = _by_name(str(values.name)), _by_values(values)
    if named and named.kind == "sex" and not named.is_sure and values.nunique() > MOST_SEXES:
        named = None  # of films, books or songs
    if named and found and named.kind == found.kind:
        return found if found.is_sure else Recognised(kind=found.kind, why=f"{named.why}, {found.why}", is_sure=True)
    sure = [each for each in (named, found) if each and each.is_sure]
    return next(iter(sure), named or found)


def is_of_persons(name: str) -> bool:
    """Tell whether a column's name alone says it for sure."""
    named = _by_name(name)
    return named is not None and named.is_sure


def split_words(text: str) -> list[str]:
    """Split a name or a value into its words, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", plain)
    return re.findall(r"[a-z]+", parted.lower())


def _by_name(name: str) -> Recognised | None:
    words = set(split_words(name))
    doubt = None
    for kind, known in (*NAMES.items(), *DOUBTS.items()):
        if not words & known:
            continue
        if kind in WITH_THINGS and words & THINGS:
            return None
        is_sure = words - known <= PERSONS if words & AMBIGUOUS else not words & FIGURES
        if known is not DOUBTS.get(kind) and is_sure:
            return Recognised(kind=kind, why="by its name", is_sure=True)
        doubt = doubt or Recognised(kind=kind, why="by its name", is_sure=False)
    for kind, phrases in PHRASES.items():
        if any(set(phrase.split()) <= words for phrase in phrases):
            return Recognised(kind=kind, why="by its name", is_sure=True)
    return doubt or _by_flag(words)


def _by_flag(words: set[str]) -> Recognised | None:
    """Take a name that is a group of persons and nothing else for a flag of it."""
    if not words or not words <= VALUES["ethnic group"] | {"hisp"}:
        return None
    return Recognised(kind="ethnic group", why="by its name", is_sure=False)


def _by_values(values: pd.Series) -> Recognised | None:
    """Look at the different values."""
    known = values.dropna()
    if known.empty:
        return None
    if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known):
        return _by_numbers(known)
    every = [str(value).strip() for value in known.unique()[: MOST_VALUES + 1]]
    if all(re.fullmatch(r"-?\d+([.]\d+)?", value) for value in every):
        return _by_numbers(pd.to_numeric(known, errors="coerce").dropna())
    if len(every) > MOST_VALUES:
        return None
    return _by_sexes(every) or _by_bands(every) or _by_words(every)


def _by_sexes(every: list[str]) -> Recognised | None:
    """Tell men and women by word or letter, in any of the languages; others may be among them."""
    words = [split_words(value) for value in every]
    if any(not each for each in words):
        return None
    firsts = {each[0] for each in words}
    rest = firsts - NEUTRAL
    letters = {each for each in firsts - (NEUTRAL - {"d", "u"}) if len(each) == 1}
    if rest & MALE and rest & FEMALE and rest <= MALE | FEMALE and all(len(each) <= 5 for each in words):
        return _seen("sex", every, is_sure=True)
    if letters == firsts - (NEUTRAL - {"d", "u"}) and len(letters) in (2, 3):
        if letters - {"d", "u"} in SURE_LETTERS:
            return _seen("sex", every, is_sure=True)
        if letters in DOUBTFUL_LETTERS:
            return _seen("sex", every, is_sure=False)
    return None


def _by_words(every: list[str]) -> Recognised | None:
    words = [set(split_words(value)) for value in every]
    for kind, known in VALUES.items():
        hits = [each & known for each in words if each & known]
        kinds = set().union(*hits) if hits else set()
        is_enough = len(hits) >= max(2, SHARE * len(every)) and len(kinds) >= 2
        if is_enough and not (kinds <= COLOURS and len(hits) < len(every)):
            return _seen(kind, every, is_sure=kind in SURE_VALUES and not kinds <= COLOURS)
    return None


def _by_bands(every: list[str]) -> Recognised | None:
    """Tell bands of ages: from about 18 on, up to about 65 and over."""
    found = [
        AGE_BAND.fullmatch(value.lower().removesuffix("years").removesuffix("jahre").strip("[]() ")) for value in every
    ]
    if len(every) < 3 or not all(found):
        return None
    bounds = sorted(int(number) for match in found if match for number in match.groups() if number)
    is_ranged = sum(bool(match and match.group(1)) for match in found) >= 2
    is_human = bounds[0] <= 25 and 54 <= bounds[-1] <= 110 and any(15 <= bound <= 25 for bound in bounds)
    return _seen("age", every, is_sure=False) if is_ranged and is_human else None


def _by_numbers(numbers: pd.Series) -> Recognised | None:
    """Tell ages of adults: nearly every whole number from about 18 to 70 or more, and none beyond a life."""
    low, high, distinct = numbers.min(), numbers.max(), numbers.nunique()
    is_whole = bool((numbers % 1 == 0).all())
    if is_whole and 14 <= low <= 25 and 64 <= high <= 110 and distinct >= 0.8 * (min(high, 80) - low):
        return Recognised(kind="age", why=f"whole numbers from {low:g} to {high:g}", is_sure=False)
    return None


def _seen(kind: str, every: Iterable[str], *, is_sure: bool) -> Recognised:
    shown = ", ".join(sorted(every)[:SHOWN])
    return Recognised(kind=kind, why=f"by its values: {shown}", is_sure=is_sure)
