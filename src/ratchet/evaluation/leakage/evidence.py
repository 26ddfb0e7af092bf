"""Where evidence adds up: what speaks against a column besides what it says of the target.

A column may rank the answers as well as honest ones do: its limit, in odds. Each sign divides these odds by how many
times as often leaks have it as honest columns do. No sign is a verdict: without signs the limit stands as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ratchet.evaluation.leakage.alone import FREQUENT, Alone
from ratchet.evaluation.leakage.material import Floats, Ints, Material
from ratchet.gates.no_leak import LeakGate

CERTAIN = 0.975  # roc_auc beside all others from which nothing honest is left to explain it
CERTAIN_NUMBER = 0.99  # the same for a target of numbers: the weight of a diamond has 0.985 of its price
PLACE_LIMIT = 0.975  # roc_auc in some rows only: of the many places, one may be honest by chance
SYNERGY = 0.25  # of what columns tell together and not one by one; below, a formula is judged by its skill alone
AFTERWARDS_ODDS = 6.0  # times, before anything is split: from 0.95 to the 0.75 that an audit has for such names
PERHAPS = 1.5  # times: words that honest columns have, too
FILLS_LATER = 4.0  # times
FLOOR = 0.65  # roc_auc: what says less than that does no harm, whatever speaks against it
AFTERWARDS = (
    "duration outcome final actual resolved resolution closed settled refunded after",
    "dauer ausgang endgueltig endgültig tatsaechlich tatsächlich erledigt geschlossen erstattet nach",
    "durée duree issue finale réel reel résolu resolu clos clôturé cloture remboursé rembourse après apres",
    "duración duracion desenlace definitivo resuelto cerrado liquidado reembolsado después despues",
    "duração duracao desfecho resolvido encerrado fechado reembolsado depois após",
    "durata esito finale effettivo risolto chiuso liquidato rimborsato dopo",
)
PERHAPS_AFTERWARDS = (
    "paid received recovered recoveries balance outstanding cancelled canceled refund last total next result",
    "bezahlt gezahlt erhalten saldo offen storniert erstattung letzte letzter letztes gesamt summe "
    "naechste nächste ergebnis",
    "payé paye reçu recu recouvré recouvre solde impayé annulé annule remboursement dernier "
    "dernière total prochain résultat",
    "pagado recibido recuperado saldo pendiente cancelado anulado reembolso último ultimo última "
    "ultima total próximo resultado",
    "pago recebido recuperado saldo pendente cancelado reembolso último ultimo total próximo proximo resultado",
    "pagato ricevuto recuperato saldo residuo annullato rimborso ultimo ultima totale prossimo risultato",
)
SPANS = 20  # of time
FRESH = 1  # of these, the newest ones
MATURING = 5  # of these, what may not be filled yet: a quarter of the rows
FEWEST_A_SPAN = 30  # rows
SURE = 5.0  # standard errors of a span, between the newest and older rows
JUMP = 4.0  # standard deviations of older spans: what drifts all along moves these, by 0.22 of its whole way


def _words(lists: Sequence[str]) -> frozenset[str]:
    return frozenset(" ".join(lists).split())


SURE_WORDS, WEAK_WORDS = _words(AFTERWARDS), _words(PERHAPS_AFTERWARDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that speaks against a column.

    Attributes:
        says: what, in words.
        weight: how many times as often leaks have it as honest columns do.
    """

    says: str
    weight: float


def lower(limit: float, signs: Sequence[Sign]) -> float:
    """Return the limit that is left of one where so many signs speak against a column."""
    odds = limit / (1 - limit) if limit < 1 else np.inf
    for sign in signs:
        odds /= sign.weight
    return float(min(limit, max(FLOOR, odds / (1 + odds)))) if np.isfinite(odds) else limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks against the columns of a table.

    Attributes:
        material: the table.
        late: columns that seem to be filled later, and what they are in fresh rows.
    """

    material: Material
    late: Mapping[str, str] = field(default_factory=dict)

    def limit_of(self, alone: Alone) -> float:
        """Return how well a column may rank the answers, alone and beside all others."""
        gate = self.material.config.gates.of(LeakGate)
        if alone.is_fitted and not self.material.classes:
            return gate.max_alone_number
        if alone.is_fitted or (alone.is_formula and alone.synergy < SYNERGY):
            return max(CERTAIN, gate.max_alone)
        usual = max(self._usual_limit(alone, gate), PLACE_LIMIT if alone.where else 0.0)
        return lower(usual, self.signs_of(alone))

    def list_groups(self) -> list[tuple[str, list[str]]]:
        """Return the columns that each sign speaks against."""
        named = [name for name in self.material.features if read_name(name)]
        return [("what is filled later", list(self.late)), ("what sounds like afterwards", named)]

    def _usual_limit(self, alone: Alone, gate: LeakGate) -> float:
        # Zero is honest of much: of the sun's light by night, of a pixel's ink. Only of two classes it is no more.
        is_natural = alone.state == FREQUENT and self.material.classes != 2
        if alone.is_flag and not is_natural:
            return gate.max_flag_alone
        if not alone.made and read_name(alone.name) == "afterwards":
            return gate.max_afterwards_alone
        if alone.is_formula or (self.material.classes and not alone.is_graded):
            return gate.max_alone
        return gate.max_alone_number  # of several classes, too, where they are a number that was cut

    def signs_of(self, alone: Alone) -> list[Sign]:
        """Return what else speaks against a column, or against the columns that one is made of."""
        late = next((name for name in alone.parts if name in self.late), None)
        words = next((name for name in alone.parts if read_name(name)), None)
        together = min(alone.synergy, 0.99) if alone.is_formula else 0.0
        signs = [Sign(says="its columns say little one by one", weight=1 / (1 - together))]
        if late is not None:
            signs.append(Sign(says=f"'{late}' {self.late[late]} in the newest rows", weight=FILLS_LATER))
        if words is not None:
            signs.append(Sign(says=f"'{words}' sounds like something known afterwards", weight=PERHAPS))
        return [each for each in signs if each.weight > 1]


def read_name(name: str) -> str | None:
    """Tell whether a column's name speaks, or may speak, of something that is known only when all is over."""
    words = set(re.split(r"[^0-9a-zß-ÿ]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
    if words & SURE_WORDS:
        return "afterwards"
    return "perhaps afterwards" if words & WEAK_WORDS else None


def find_late_fillers(material: Material) -> dict[str, str]:
    """Return the columns that are emptier or smaller in the newest rows than in any older ones, and which it is.

    What is filled when all is over stands there for old rows, and not yet for fresh ones. A drift, a season or a new
    source moves older rows as well.
    """
    rows = len(material.all_order)
    if not material.is_by_time or rows < SPANS * FEWEST_A_SPAN:
        return {}
    order = np.argsort(material.all_order, kind="stable")
    spans = np.arange(rows) * SPANS // rows
    looks = {name: _list_falling(material, name) for name in material.features}
    return {
        name: says
        for name, states in looks.items()
        if (says := next((says for says, values in states.items() if _falls_at_the_end(values[order], spans)), None))
    }


def _list_falling(material: Material, name: str) -> dict[str, Floats]:
    """Return what may fall in fresh rows: that there is a value, that it is not 0, and how large it is by rank."""
    values = material.joined(name)
    has_value = np.isfinite(values)
    states = {"is emptier": has_value.astype(np.float64)}
    if material.is_category(name) or not has_value.any() or values[has_value].min() < 0:
        return states
    ranks = np.searchsorted(np.sort(values[has_value]), np.where(has_value, values, np.median(values[has_value])))
    return states | {"is 0 more often": (values != 0).astype(np.float64), "is smaller": ranks / len(values)}


def _falls_at_the_end(values: Floats, spans: Ints) -> bool:
    means = np.bincount(spans, weights=values) / np.bincount(spans)
    older, fresh = means[:-FRESH], means[-1]
    steady = older[: SPANS - MATURING]
    error = float(values.std()) / np.sqrt(len(values) / SPANS)
    fall = float(steady.mean()) - float(fresh)
    return bool(error > 0 and fresh < older.min() and fall > max(SURE * error, JUMP * float(steady.std())))
