"""Which of two classes is the event: by what their names say in several languages, else the rarer one."""

import re
from dataclasses import dataclass

import pandas as pd

from ratchet.data.written import words_of

# English, German, French, Spanish, Portuguese, Italian, Dutch, Scandinavian, Polish
NOT = frozenset(
    {
        *("no", "not", "non", "none", "never", "without", "didnt", "doesnt", "isnt", "wasnt", "hasnt", "nein", "nicht"),
        *("kein", "keine", "keinen", "ohne", "nie", "pas", "aucun", "sans", "jamais", "sin", "nunca", "ningun", "nao"),
        *("não", "sem", "senza", "mai", "nee", "niet", "geen", "nej", "ikke", "inte", "ingen", "nei", "bez", "brak"),
    }
)
YES = frozenset(
    {"yes", "y", "true", "t", "on", "ja", "oui", "si", "sí", "sì", "sim", "tak", "j", "o", "s", "wahr", "vrai"}
)
REST = frozenset(  # nothing has happened
    {
        *("n", "f", "false", "off", "falsch", "faux", "falso", "healthy", "normal", "negative", "neg", "benign", "ok"),
        *("good", "stayed", "stay", "retained", "active", "alive", "survived", "paid", "current", "legit", "genuine"),
        *("ham", "pass", "passed", "clean", "control", "absent", "gesund", "gut", "negativ", "gutartig", "sain", "bon"),
        *("négatif", "negatif", "sano", "sana", "bueno", "buena", "negativo", "bom", "saudável", "saudavel", "benigno"),
        *("buono", "gezond", "goed", "negatief", "frisk", "zdrowy", "dobry", "intact", "working", "functional"),
        *("aktiv", "actif", "activo", "ativo", "attivo", "bleibt", "bezahlt", "payé", "pagado", "pago", "pagato"),
    }
)
EVENT = frozenset(  # something has
    {
        *("default", "churn", "churned", "fraud", "fraudulent", "spam", "malignant", "positive", "pos", "sick", "ill"),
        *("disease", "died", "dead", "death", "deceased", "fail", "failed", "failure", "bad", "attack", "anomaly"),
        *(
            "abnormal",
            "left",
            "cancelled",
            "canceled",
            "bought",
            "converted",
            "clicked",
            "present",
            "case",
            "recurrence",
        ),
        *("krank", "positiv", "bösartig", "gekündigt", "betrug", "schlecht", "tot", "malade", "positif", "fraude"),
        *("malin", "enfermo", "enferma", "positivo", "maligno", "muerto", "mau", "doente", "malo", "malato", "ziek"),
        *("defekt", "defect", "faulty", "broken", "kaputt", "panne", "ausfall", "returned", "late", "delayed", "syk"),
    }
)
ZERO = re.compile(r"[+-]?0(\.0+)?|-1(\.0+)?")
SURE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """The two values of a binary target.

    Attributes:
        positive: the one that is taken for the event.
        negative: the other one.
        doubt: why a person must decide; empty where their names settle it.
    """

    positive: str
    negative: str
    doubt: str = ""


def choose_positive(values: pd.Series) -> Classes:
    """Choose the positive class of a target with two values."""
    shares = values.value_counts(normalize=True)
    rarer, other = sorted(map(str, shares.index), key=lambda label: (shares[label], label))
    of_rarer, of_other = _weigh_both(rarer, other)
    if of_rarer == of_other:
        doubt = "is this the event? Neither name says so: the rarer one was taken"
        return Classes(positive=rarer, negative=other, doubt=doubt)
    doubt = "" if SURE in (abs(of_rarer), abs(of_other)) else "is this the event? Its name says so"
    positive, negative = (rarer, other) if of_rarer > of_other else (other, rarer)
    return Classes(positive=positive, negative=negative, doubt=doubt)


def _weigh_both(first: str, second: str) -> tuple[int, int]:
    weigh = _weigh_number if ZERO.fullmatch(first) or ZERO.fullmatch(second) else _weigh
    return weigh(first), weigh(second)


def _weigh_number(label: str) -> int:
    return -SURE if ZERO.fullmatch(label) else _weigh(label)


def _weigh(label: str) -> int:
    """Return how much a value says that something has happened: SURE for yes, 1 for `fraud`, down to -SURE for not."""
    words = set(words_of(label.replace("'", "").replace("\u2019", "")))
    if words & NOT:
        return -SURE
    if len(words) == 1 and words & YES:
        return SURE
    return bool(words & EVENT) - bool(words & REST)
