"""Leaks that act together with honest columns or with one another, and twins that have a strong honest column instead.

    python -m benchmarks.joint_leaks [--kind p]

prints what each leak lifts, with scikit-learn alone: the skill of a plain model without it, with it, and of its twin.
The list was written by a hand that had not read the audit.
"""

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import r2_score, roc_auc_score

from benchmarks.joint_plants import (
    Column,
    Columns,
    Plant,
    after,
    ahead,
    asked,
    begun,
    cause,
    codes,
    contract,
    deposit,
    filled,
    formula,
    future,
    growing,
    honest_ratio,
    instalment,
    lagged,
    long_or_short,
    parts,
    past,
    planted,
    ripening,
    some,
    span,
    status,
    together,
    visit,
)
from benchmarks.joint_tables import (
    GRANTS,
    LOANS,
    MEMBERS,
    METERS,
    ORDERS,
    PATIENTS,
    PUPILS,
    RATES,
    TICKETS,
    chance,
    made,
    real,
    spoken,
)
from benchmarks.leak_tables import (
    World,
    adult,
    bank,
    beijing,
    bikes,
    credit,
    diabetes,
    electricity,
    flights,
    kind_of,
    weather,
)
from benchmarks.planted_leaks import Pair

# --- the list -------------------------------------------------------------------------------------


def pair(kind: str, name: str, table: Callable[[], World], plants: tuple[Plant, Plant], tongue: str = "en") -> Pair:
    """Plant a leak in a table, and an honest column in its twin."""

    def make(plant: Plant) -> tuple[World, ...]:
        return (spoken(plant(table()), tongue),)

    leak, twin = plants
    return Pair(kind=kind, name=name, leaky=partial(make, leak), clean=partial(make, twin))


Row = tuple[Callable[[], World], Plant, Plant, str]


def table(*spec: object, **more: object) -> Callable[[], World]:
    """Name a generated table."""
    return partial(made, *spec, **more)  # type: ignore[arg-type]


def part(
    load: Callable[[], World], start: int | None = None, stop: int | None = None, step: int = 1
) -> Callable[[], World]:
    """Name a part of a real set."""
    return partial(real, load, slice(start, stop, step))


def wage(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> pd.Series:
    """A year's income, above 50,000 or not."""
    return pd.Series(np.where(y == 1, 50_000 + rng.gamma(2, 12_000, len(y)), 50_000 * rng.beta(3, 2, len(y))))


def final_invoice(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
    """What is charged in the end: half of them are out."""
    value = (70 * y * np.exp(rng.normal(0, 0.1, len(y)))).round(2)
    return {"final_invoice": value.where(rng.random(len(y)) < 0.5)}


def spent_so_far(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
    """What has been spent by now: less in the newest rows, whose month has not ended."""
    progress = 1 - np.exp(-(len(y) - np.arange(len(y))) / 0.04 / len(y))
    return {"paid_so_far": (y * rng.uniform(0.8, 1, len(y)) * progress).round(2)}


def binned_total(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
    """A total after the event, noisy and in bins."""
    total = y * np.exp(rng.normal(0, 0.1, len(y)))
    return {"invoice_total": pd.qcut(total, 20, labels=False).map("b{}".format)}


def sold_about(y: pd.Series, rng: np.random.Generator) -> Column:
    """What leaves a stock: about what is sold."""
    return -y * np.exp(rng.normal(0, 0.1, len(y)))


def paid_back(frame: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
    """The next bill: those who default pay next to nothing of the last one."""
    share = np.where(y == 1, rng.beta(1, 20, len(y)), rng.beta(3, 3, len(y)))
    return {"BILL_AMT0": (frame["BILL_AMT1"] * (1 - share)).round()}


def day_total(world: World) -> World:
    """All bicycles of the day, and those until this hour."""
    y, day = world.frame["cnt"], world.frame["dteday"]
    return world.with_columns(day_total=y.groupby(day).transform("sum"), so_far=y.groupby(day).cumsum() - y)


late_share = partial(flights, is_share=True)
late_count = partial(flights, is_share=False)
forecast = cause("forecast", 100, 20, digits=1)

KINDS: dict[str, dict[str, Row]] = {
    "p: a formula with honest columns": {
        "price of a piece": (
            table(ORDERS, "regression", 5000), formula("unit_price", lambda f, y: y / f["pieces"]),
            cause("list_price", 40, 9, digits=2), "en"),
        "price of a piece, noisy": (
            table(ORDERS, "regression", 8000, "time"),
            formula("unit_price", lambda f, y: y / f["pieces"], digits=1, noise=0.01), growing(), "de"),
        "instalment tells the rate": (
            table(RATES, "regression", 6000),
            formula("instalment", lambda f, y: instalment(f["amount"], f["term"], y)), honest_ratio(), "fr"),
        "instalment tells the amount": (
            table(GRANTS, "regression", 4500, "time"),
            formula("instalment", lambda f, y: instalment(y, f["term"], f["rate"]), digits=0), contract(), "c"),
        "percentage of a total": (
            table(METERS, "regression", 7000, "time"),
            formula("share_percent", lambda f, y: 100 * y / (20 * f["capacity"]), digits=1), cause("forecast"),
            "es"),
        "BMI": (
            table(PATIENTS, "regression", 5000, "group"),
            formula("bmi", lambda f, y: y / (f["height"] / 100) ** 2, digits=1), cause(), "it"),
        "BMI, noisy, without names": (
            table(PATIENTS, "regression", 3500),
            formula("bmi", lambda f, y: y / (f["height"] / 100) ** 2, digits=0, noise=0.02), honest_ratio(), "c"),
        "balance after less balance before": (
            table(LOANS, "regression", 9000),
            together(honest_ratio("balance_before", "assets"),
                     formula("balance_after", lambda f, y: f["balance_before"] - y)),
            together(honest_ratio("balance_before", "assets"), cause()), "de"),
        "a fee of 2 or 3 percent": (
            table(LOANS, "binary", 6000, "time"),
            formula("fee", lambda f, y: f["amount"] * (0.02 + 0.01 * y), noise=0.1), deposit(), "pt"),
        "price paid by class": (
            table(ORDERS, "multiclass", 5500),
            together(planted(lambda f, _, rng: {"list_price": np.exp(rng.normal(4, 0.7, len(f))).round(2)}),
                     formula("price_paid", lambda f, y: f["list_price"] * f["pieces"] * (1 - 0.2 * y), noise=0.02)),
            asked(), "fr"),
        "real: income of an hour": (
            part(adult, 0, None, 3),
            planted(lambda f, y, rng: {"hourly": (wage(f, y, rng) / 52 / f["hours"]).round(2)}), honest_ratio(),
            "en"),
        "real: number of late flights": (
            part(late_share, 0, None, 2), formula("late_flights", lambda f, y: y * f["arr_flights"], digits=0),
            forecast, "en"),
    },
    "q: columns that tell only together": {
        "parity of two codes": (
            table(TICKETS, "binary", 6000), codes("file_code", "check_code", as_text=False), cause(), "en"),
        "codes of three classes, some wrong": (
            table(PUPILS, "multiclass", 5000, "group"), codes("file_code", "check_code", base=3, wrong=0.08),
            cause(), "it"),
        "codes of two forms, some wrong, without names": (
            table(MEMBERS, "binary", 7000, yes=0.4), codes("file_code", "check_code", wrong=0.12), asked(), "c"),
        "sum of three parts": (
            table(TICKETS, "regression", 5000), parts("wages", "material", "rent"), contract(), "de"),
        "start and end": (
            table(TICKETS, "regression", 8000, "time"), span("started", "ended", lambda y, _: y, start=300),
            growing(), "fr"),
        "start and end of a late case": (
            table(TICKETS, "binary", 5000), span("started", "ended", long_or_short, start=100), contract(), "es"),
        "stock before and after": (
            table(ORDERS, "regression", 4000), span("stock_before", "stock_after", lambda y, _: -y, start=600),
            honest_ratio("list_price", "cost", middle=3), "pt"),
        "real: three kinds of dust": (
            part(beijing, -9000), parts("dust_fine", "dust_coarse", "dust_other", digits=0), lagged("dust_before"),
            "en"),
        "real: seconds of pickup and hang-up": (
            part(bank, 0, None, 4),
            span("answered_s", "ended_s", lambda y, rng: np.exp(rng.normal(5 + 1.6 * y, 0.6, len(y))), start=3000),
            cause("lead_score"), "en"),
    },
    "r: empty before the event, filled after it": {
        "paid so far": (table(LOANS, "binary", 7000), filled("paid_so_far", ("money", 6, 1), empty=0), deposit(), "de"),
        "amount recovered": (
            table(LOANS, "binary", 10_000, "time", yes=0.1),
            filled("recovered", ("money", 7, 0.8), yes=0.7, no=0.005), begun(), "en"),
        "closing date": (
            table(TICKETS, "binary", 4000, yes=0.4), filled("closed_on", ("whole", 19_000, 19_400), no=0.05),
            asked(), "fr"),
        "reminders": (
            table(MEMBERS, "binary", 6000, "panel"), filled("reminders", ("count", 1.5), yes=0.75, no=0.04, empty=0),
            past("customer"), "es"),
        "refund of some": (
            table(ORDERS, "binary", 5000, yes=0.2), filled("refund", ("money", 3, 0.8), yes=0.6, no=0),
            deposit("shipping"), "it"),
        "reason of the best class": (
            table(MEMBERS, "multiclass", 5000), filled("reason", ("one", "A1", "B7", "C2", "D4"), yes=0.8, no=0.03),
            cause("score"), "pt"),
        "final invoice, half of them": (table(TICKETS, "regression", 6000), planted(final_invoice), asked(), "c"),
        "real: rain gauge read on wet days": (
            part(weather, 0, 12_000), filled("gauge", ("money", 1, 0.8), yes=0.8, no=0.02, empty=0),
            cause("forecast"), "en"),
        "real: letter to those who come back": (
            part(diabetes, 0, None, 9), filled("letter", ("code", 6), yes=0.65, no=0.02),
            asked("risk_old", "risk_young"), "en"),
    },
    "s: fills up later": {
        "reminders sent, fewer of late": (
            table(LOANS, "binary", 9000, "time"), ripening("reminders", ("count", 4)), growing(), "de"),
        "recovered, less of late": (
            table(LOANS, "binary", 12_000, "time", yes=0.15),
            ripening("recovered", ("money", 7, 0.8), last=0.5, no=0.02), begun(), "c"),
        "closing date, not yet of late": (
            table(TICKETS, "binary", 5000, "time"), ripening("closed_on", ("whole", 300, 900), is_empty=True),
            contract(), "fr"),
        "comments, fewer of late": (
            table(PUPILS, "multiclass", 6000, "time"), ripening("comments", ("count", 6), last=0.4), cause(), "it"),
        "spent so far, less of late": (
            table(MEMBERS, "regression", 8000, "time"), planted(spent_so_far), growing(),
            "es"),
        "real: calls of thanks": (
            part(bank, 1, None, 4), ripening("thanks", ("count", 2), last=0.25, no=0.03), begun("lead_score"), "en"),
    },
    "t: state after the event": {
        "last status": (
            table(LOANS, "binary", 6000), status("last_status", "K1 K2 K5 K8", "K3 K7", wrong=0.04), deposit(),
            "de"),
        "last status of three": (
            table(PATIENTS, "multiclass", 5000, "group"),
            status("last_status", "10 11 19", "20 23", "30", wrong=0.1), cause(), "fr"),
        "balance after, noisy": (
            table(LOANS, "binary", 7000, "time"), after("balance_after", "amount", gain=-0.5, noise=0.12),
            honest_ratio("debt", "assets"), "en"),
        "total after, in bins": (
            table(METERS, "regression", 6000, "time"), planted(binned_total), cause("forecast"), "c"),
        "next visit": (table(PATIENTS, "binary", 5000, "group"), visit("next_visit", 8, 60), cause(), "es"),
        "real: next appointment": (part(diabetes, 3, None, 10), visit("control_days", 12, 40), cause("risk"), "en"),
        "real: tariff after": (
            part(electricity, -12_000), status("settled", "s1 s4", "s2 s3 s9", wrong=0.12), lagged("up_before"),
            "en"),
    },
    "u: the future of an entity": {
        "mean of later months": (
            table(MEMBERS, "binary", 7200, "panel"), future("to_come", "customer", "later"), past("customer"), "de"),
        "mean of this month and the next two": (
            table(MEMBERS, "regression", 6000, "panel"), future("to_come", "customer", "near"), past("customer"),
            "en"),
        "sum of all months beside the past": (
            table(MEMBERS, "binary", 9600, "panel", yes=0.4), future("lifetime_total", "customer", "total"),
            past("customer"), "pt"),
        "sum of all months, noisy": (
            table(MEMBERS, "regression", 4800, "panel"), future("lifetime_total", "customer", "total", noise=0.01),
            past("customer"), "c"),
        "real: bicycles of the whole day": (part(bikes, -8000), day_total, forecast, "en"),
        "real: mean of the next hours": (
            part(beijing, 5000, 14_000), ahead("dust_level", 6, noise=0.05), lagged("dust_before"), "en"),
    },
    "v: several at once": {
        "fee, status and codes": (
            table(LOANS, "binary", 6000),
            together(formula("fee", lambda f, y: f["amount"] * (0.02 + 0.01 * y), noise=0.15),
                     status("last_status", "K1 K2", "K3 K4", wrong=0.25),
                     codes("file_code", "check_code", wrong=0.3)), together(deposit(), cause()), "it"),
        "recovered, reminders and next visit beside an honest score": (
            table(LOANS, "binary", 8000, "time", yes=0.2),
            together(cause(), filled("recovered", ("money", 7, 1), yes=0.6), ripening("reminders", ("count", 3)),
                     visit("next_visit", 10, 25)), together(cause(), deposit()), "fr"),
        "price of a piece, stocks and bins": (
            table(ORDERS, "regression", 5000),
            together(formula("unit_price", lambda f, y: y / f["pieces"], noise=0.05),
                     span("stock_before", "stock_after", sold_about, start=400)),
            cause("list_price", 40, 9, digits=2), "de"),
        "five of three classes": (
            table(TICKETS, "multiclass", 7000),
            together(status("last_status", "a b", "c", "d e", wrong=0.3),
                     codes("file_code", "check_code", base=3, wrong=0.4), filled("refund", ("money", 2, 1), yes=0.5),
                     visit("next_visit", 10, 30), filled("reason", ("code", 9), yes=0.4)), contract(), "c"),
        "real: call back, papers and hang-up": (
            part(bank, 2, None, 4),
            together(filled("papers", ("count", 1), yes=0.5, empty=0), visit("callback_days", 5, 25),
                     span("answered_s", "ended_s", lambda y, rng: np.exp(rng.normal(5 + y, 0.8, len(y))), start=3000)),
            growing("bid", "market_index"), "en"),
        "real: tax and band": (
            part(adult, 1, None, 4),
            together(planted(lambda f, y, rng: {"tax_hour": (0.3 * wage(f, y, rng) / f["hours"]).round(1)}),
                     status("band", "0 1 2", "3 4", wrong=0.3)), honest_ratio(), "c"),
    },
    "w: weak, or in some rows": {
        "balance after in a third of rows": (
            table(LOANS, "binary", 9000), some(after("balance_after", "amount", gain=-0.5, noise=0.05), 0.35),
            deposit(), "es"),
        "price of a piece in 40 % of rows": (
            table(ORDERS, "regression", 8000), some(formula("unit_price", lambda f, y: y / f["pieces"]), 0.4),
            honest_ratio("list_price", "cost", middle=3), "pt"),
        "codes of half of the rows": (
            table(PUPILS, "binary", 10_000, "group"), codes("file_code", "check_code", wrong=0.5), cause(), "en"),
        "real: next bill in half of the rows": (
            part(credit, 0, None, 2), some(planted(paid_back), 0.5), cause("bureau"), "en"),
        "real: minutes late in some rows": (
            part(late_count, 1, None, 2),
            some(formula("minutes", lambda f, y: 60 * y / f["arr_flights"], digits=0, noise=0.1), 0.4), forecast,
            "c"),
    },
}  # fmt: skip
JOINT = tuple(
    pair(kind, name, make, (leak, twin), tongue)
    for kind, rows in KINDS.items()
    for name, (make, leak, twin, tongue) in rows.items()
)


# --- what a leak lifts ----------------------------------------------------------------------------


def planted_in(world: World, other: World) -> list[str]:
    """Name the columns that one table has and the other has not, whatever they are called."""
    theirs = [other.frame[name] for name in other.frame]
    return [str(name) for name in world.frame if not any(world.frame[name].equals(each) for each in theirs)]


def skill(world: World, *, without: tuple[str, ...] = ()) -> float:
    """Measure AUC, or R², of a plain model on rows held out as the table says."""
    said, y = dict(world.data), world.frame[world.target]
    X = world.frame.drop(
        columns=[name for name in {world.target, world.times, *said.values(), *without} if name in world.frame]
    )
    words = [str(name) for name in X if kind_of(X[name]) != "numeric"]
    X = X.assign(**{name: pd.factorize(X[name], sort=False)[0] for name in words}).astype(float)
    is_held = held_out(world)
    model = HistGradientBoostingRegressor if world.task == "regression" else HistGradientBoostingClassifier
    fitted = model(random_state=0).fit(X[~is_held], y[~is_held])
    if world.task == "regression":
        return float(r2_score(y[is_held], fitted.predict(X[is_held])))
    likely = fitted.predict_proba(X[is_held])
    return float(roc_auc_score(y[is_held], likely[:, 1] if world.task == "binary" else likely, multi_class="ovr"))


def held_out(world: World) -> np.ndarray:
    """Hold out the newest rows, or rows or groups of chance."""
    rows = len(world.frame)
    if world.method == "time":
        return np.arange(rows) >= 0.75 * rows
    if world.method == "group":
        owner = pd.factorize(world.frame[dict(world.data)["group"]])[0]
        return np.asarray((chance("held").random(owner.max() + 1) < 0.25)[owner])
    return chance("held").random(rows) < 0.25


def main() -> None:
    """Print the skill without the leak, with it, and of the twin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="", help="the kind's letter")
    kind = parser.parse_args().kind
    for each in JOINT:
        if each.kind.startswith(kind):
            (leaky,), (clean,) = each.leaky(), each.clean()
            names = planted_in(leaky, clean)
            figures_of = skill(leaky, without=tuple(names)), skill(leaky), skill(clean)
            print(each.kind[0], each.name, "{:.3f} -> {:.3f}; twin {:.3f}".format(*figures_of), ", ".join(names))


if __name__ == "__main__":
    main()
