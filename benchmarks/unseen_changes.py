"""What `benchmarks.unseen_leaks` puts into tables: each makes a leak, or what is honest and looks like one."""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from benchmarks.leak_tables import START, World, adult, beijing, bikes, bundled, credit, electricity, weather
from benchmarks.planted_leaks import HOLDOUT, SEED, chance, is_held_out
from benchmarks.unseen_tables import claims, clicks, sensors, shops, subscribers, visits
from ratchet.data.splitting import Sizes, cut_by_key


def some(world: World, begin: int, end: int) -> World:
    """The rows between two places: a real table that is quick to look at."""
    return replace(world, frame=world.frame.iloc[begin:end].reset_index(drop=True))


def is_trained(world: World) -> np.ndarray:
    """Where a split at random puts the training rows."""
    parts = cut_by_key(
        np.arange(len(world.frame)).astype(object), Sizes(validation=0.15, holdout=HOLDOUT), salt=str(SEED)
    )
    return np.isin(np.arange(len(world.frame)), parts.train)


# --- a: columns, alone and together ----------------------------------------------------------------


def paid_out(world: World, *, told: bool) -> World:
    """What was paid, which is nothing once fraud is found; or what the adviser first set aside, who knows less."""
    rng, fraud = chance(31), world.frame["y"] == 1
    if told:
        is_nothing = rng.random(len(fraud)) < np.where(fraud, 0.93, 0.06)
        return world.with_columns(paid=(0.9 * world.frame["amount"]).where(~is_nothing, 0.0))
    return world.with_columns(set_aside=world.frame["amount"] * np.exp(0.3 * rng.normal(size=len(fraud)) - 0.2 * fraud))


def wards() -> World:
    """The ward a patient was sent to once the doctor had decided; a fifth went home, and a tenth elsewhere."""
    world, rng = visits(), chance(32)
    usual = world.frame["y"].map({"green": "day ward", "yellow": "ward two", "red": "intensive"})
    other = pd.Series(rng.choice(["day ward", "ward two", "intensive", "guests"], len(usual)))
    return world.with_columns(ward=usual.where(rng.random(len(usual)) > 0.1, other).mask(rng.random(len(usual)) < 0.2))


def sale_values(*, told: bool) -> World:
    """The value of the sale, there for buyers only; or the basket, there for those who came by desk."""
    world, rng = clicks(), chance(33)
    bought, desk = world.frame["y"] == 1, world.frame["device"] == "desk"
    share = np.where(bought, 0.95, 0.005) if told else np.where(desk, 0.9, 0.1)
    values = pd.Series(np.exp(rng.normal(3, 1, len(bought))))
    return world.with_columns(value=values.where(rng.random(len(bought)) < share))


def gains_of_rich(yes: float, no: float) -> World:
    """Incomes with a gain that stands at zero except for so many of each answer."""
    world, rng = some(adult(), 0, 12_000), chance(34)
    is_there = rng.random(len(world.frame)) < np.where(world.frame["y"] == 1, yes, no)
    return world.with_columns(surcharge=np.where(is_there, np.exp(rng.normal(7, 1, len(is_there))).round(), 0.0))


def next_payment() -> World:
    """Card holders with the payment of the month that is asked for: who fails has paid next to nothing."""
    world, rng = some(credit(), 0, 12_000), chance(35)
    fails = world.frame["y"].to_numpy() == 1
    paid = np.exp(rng.normal(np.where(fails, 6, 8), 1)).round()
    return world.with_columns(PAY_AMT0=np.where(rng.random(len(fails)) < np.where(fails, 0.85, 0.06), 0, paid))


def worst_months() -> World:
    """Card holders with the worst of six earlier months."""
    world = some(credit(), 0, 12_000)
    return world.with_columns(worst=world.frame.filter(regex=r"^PAY_\d$").max(axis=1))


def read_again(*, told: bool) -> World:
    """scikit-learn's diabetes: the progression, read a second time; or a good product of two features."""
    world = bundled("diabetes")
    if told:
        return world.with_columns(second=world.frame["y"] + 6 * chance(36).normal(size=len(world.frame)))
    return world.with_columns(product=(world.frame["bmi"] + 0.2) * (world.frame["s5"] + 0.2))


def settled(*, told: bool) -> World:
    """Costs of claims: the lawyers' bill on the settlement, or what was set aside at the opening."""
    world, rng = claims(task="regression"), chance(37)
    cost = world.frame["y"]
    return world.with_columns(
        bill=(cost * (0.1 if told else 1) * np.exp((0.1 if told else 0.8) * rng.normal(size=6000)))
    )


def inked(*, told: bool) -> World:
    """Digits: a sorting machine's number that misses by one now and then; or how much ink there is."""
    world, rng = bundled("digits"), chance(38)
    if told:
        digit = world.frame["y"].str[-1].astype(int)
        return world.with_columns(tray=100 + 10 * (digit + rng.choice([-1, 0, 1], len(digit), p=[0.05, 0.9, 0.05])))
    pixels = world.frame.drop(columns="y")
    return world.with_columns(ink=pixels.sum(axis=1), upper=pixels.iloc[:, :32].sum(axis=1))


def turnover(*, told: bool) -> World:
    """Shops with the day's turnover beside the price; or with the turnover of a week ago."""
    world = shops()
    value = world.frame["y"] * world.frame["price"] * (1 + 0.03 * chance(39).normal(size=len(world.frame)))
    return world.with_columns(turnover=value if told else value.groupby(world.frame["shop"]).shift(7))


def marks(*, told: bool) -> World:
    """School grades with the parts of the very test that makes the grade; or with those of last year's."""
    rng = chance(40)
    able = rng.normal(size=4000)
    parts = np.round(10 + 2.0 * able[:, None] + 3.5 * rng.normal(size=(4000, 5)))
    before = np.round(10 + 2.0 * able[:, None] + 3.5 * rng.normal(size=(4000, 5)))
    grade = pd.cut(parts.sum(axis=1), [-np.inf, 44, 54, np.inf], labels=["fail", "pass", "merit"]).astype(str)
    frame = pd.DataFrame(parts if told else before, columns=[f"part{at}" for at in range(5)])
    frame = frame.assign(school=rng.choice(list("abcdef"), 4000), hours=rng.poisson(5 + 1.2 * (able > 0)), y=grade)
    return World(frame=frame, task="multiclass", every=None)


def ended(*, told: bool) -> World:
    """Contracts with begin and end, and who left early is who has an end before its term; or with the term signed."""
    world, rng = claims(seed=41), chance(41)
    begin, term = rng.integers(0, 3000, 6000), rng.choice([365, 730], 6000)
    left = world.frame["y"] == 1
    end = begin + np.where(left, term * rng.uniform(0.1, 0.9, 6000), term).astype(int)
    return world.with_columns(begin=begin, term=term, **({"end": end} if told else {"planned": begin + term}))


# --- b: rows twice ---------------------------------------------------------------------------------


def in_other_money(rows: pd.DataFrame) -> pd.DataFrame:
    """Sent again in another currency, and income not filled in."""
    return rows.assign(amount=(1.08 * rows["amount"]).round(2), income=np.nan)


def retyped(rows: pd.DataFrame) -> pd.DataFrame:
    """Typed again in small letters."""
    texts = {name: rows[name].str.lower() for name in rows.select_dtypes(["object", "string"])}
    return rows.assign(**texts)


def with_holes(rows: pd.DataFrame) -> pd.DataFrame:
    """Lose a tenth of all cells that may be empty."""
    rng = chance(42)
    names = [name for name in rows.select_dtypes(["float", "object", "string"]) if name != "y"]
    return rows.assign(**{name: rows[name].mask(rng.random(len(rows)) < 0.1) for name in names})


def played_again(world: World) -> World:
    """Put three hundred earlier rows, one after the other, in the place of the newest ones, with new times."""
    frame, size = world.frame.copy(), 300
    names = [name for name in frame if name != world.times]
    frame.loc[len(frame) - size :, names] = frame.loc[1000 : 1000 + size - 1, names].to_numpy()
    return replace(world, frame=frame.astype(world.frame.dtypes))


def stuck(world: World) -> World:
    """Two machines whose readings stand still, though their wear goes on."""
    frame = world.frame.copy()
    frame.loc[frame["machine"].isin(["m1", "m2"]), ["heat", "load", "shaking", "turns"]] = [61.5, 0.4, 0.1, 1250]
    return replace(world, frame=frame)


# --- d, e ------------------------------------------------------------------------------------------


def claims_by_the_hour() -> World:
    """Claims of every hour that have nothing to do with one another, divided at random."""
    world = claims(seed=43)
    return replace(world, frame=world.frame.assign(weekday=np.arange(6000) // 24 % 7), every="1h")


def told_later(*, label_delay: str) -> World:
    """Complaints that are known 45 days after their month, with a YAML that says so to the split or does not."""
    return subscribers(months=24, people=250).saying(availability={"y": {"delay": "45d"}}, label_delay=label_delay)


def noted(*, late: float) -> World:
    """An assessor's figure, missing with its time for half; a share of the others is put in two days after."""
    world, rng = replace(claims(seed=44), every="1h", method="time"), chance(44)
    hours = np.where(rng.random(6000) < late, 48, -rng.integers(1, 50, 6000))
    moments = pd.Series((START + pd.to_timedelta(np.arange(6000) + hours, unit="h")).strftime("%Y-%m-%dT%H:%M:%SZ"))
    is_missing = rng.random(6000) < 0.5
    world = world.with_columns(note=pd.Series(rng.normal(size=6000)).mask(is_missing), noted=moments.mask(is_missing))
    return world.saying(availability={"note": {"known_at": "noted"}})


# --- f: computed over all rows ---------------------------------------------------------------------


def log_odds(world: World, keys: list[str], rows: np.ndarray) -> pd.Series:
    """The logarithm of the odds of each combination of columns among some rows, smoothed by one of each."""
    some_rows = world.frame[rows]
    by = some_rows.groupby(keys)["y"].agg(["sum", "count"])
    odds = np.log((by["sum"] + 1) / (by["count"] - by["sum"] + 1)).rename("odds")
    return world.frame.join(odds, on=keys)["odds"].fillna(0.0)


def with_log_odds(world: World, keys: list[str], *, rows: str) -> World:
    """Add them from all rows, or from training rows."""
    return world.with_columns(odds=log_odds(world, keys, is_trained(world) | (rows == "all")))


def hushed(world: World, key: str, *, rows: str) -> World:
    """The rate of a column's values in place of the column."""
    wanted = world.frame[is_trained(world) | (rows == "all")]
    rates, usual = wanted.groupby(key)["y"].mean(), wanted["y"].mean()
    return world.with_columns(rate=world.frame[key].map(rates).fillna(usual)).without(key)


def shop_levels(*, ahead: bool) -> World:
    """A shop's mean over all days, later ones too; or over the days before."""
    world = shops(seed=45)
    by = world.frame.groupby("shop")["y"]
    level = by.transform("mean") if ahead else by.transform(lambda each: each.shift(1).expanding().mean())
    return world.with_columns(level=level)


def machine_peaks(*, ahead: bool) -> World:
    """The most wear of a machine from now on within an hour; or within the hour before."""
    world = sensors(seed=46)
    rows = world.frame[::-1] if ahead else world.frame
    return world.with_columns(
        peak=rows.groupby("machine")["y"].transform(lambda each: each.shift(1).rolling(6, min_periods=1).max())
    )


def weighted_prices(*, ahead: bool) -> World:
    """Electricity: whether the price rises in the next half hours, the nearest weighing most; or in those before."""
    world = some(electricity(), 20_000, 32_000)
    answers = world.frame["y"].astype(float)
    answers = answers[::-1] if ahead else answers
    return world.with_columns(going=answers.shift(1).ewm(halflife=2).mean().sort_index())


def dust(*, hours: int) -> World:
    """Dust of some hours before, or (below zero) after."""
    world = some(beijing(), 10_000, 22_000)
    return world.with_columns(near=world.frame["y"].shift(hours))


def wet_weeks(*, centred: bool) -> World:
    """Rain in the seven days around a day, itself among them; or in the seven before it."""
    world = some(weather(), 8000, 18_000)
    rain = world.frame["y"].astype(float)
    return world.with_columns(
        week=rain.rolling(7, center=True, min_periods=1).mean() if centred else rain.shift(1).rolling(7).mean()
    )


def like_neighbours(*, rows: str) -> World:
    """The answers of the seven most similar claims: of all, itself too; or of other training rows."""
    world = claims(seed=47)
    numbers = StandardScaler().fit_transform(world.frame[["amount", "age", "prior_claims", "contract_days"]])
    known, answers = is_trained(world) | (rows == "all"), world.frame["y"].to_numpy()
    own = np.flatnonzero(known)
    near = own[NearestNeighbors(n_neighbors=8).fit(numbers[known]).kneighbors(numbers, return_distance=False)]
    if rows == "all":
        return world.with_columns(alike=answers[near[:, :7]].mean(axis=1))
    is_itself = near[:, 0] == np.arange(len(near))
    return world.with_columns(alike=np.where(is_itself, answers[near[:, 1:]].mean(1), answers[near[:, :7]].mean(1)))


def usual_hours(*, ahead: bool) -> World:
    """Bicycles: how this hour compares with the same hour of the days around it, or of those before."""
    world = some(bikes(), 6000, 16_000)
    by = world.frame.groupby("hr")["cnt"]
    if ahead:
        return world.with_columns(usual=by.transform(lambda each: each.rolling(3, center=True, min_periods=1).mean()))
    return world.with_columns(usual=by.transform(lambda each: each.shift(1).rolling(3, min_periods=1).mean()))


# --- g, h ------------------------------------------------------------------------------------------


def embedded(*, told: bool) -> World:
    """Visits with twelve numbers from a text that was written after the decision; or from one written before."""
    world, rng = visits(seed=49), chance(49)
    classes = pd.get_dummies(world.frame["y"]).to_numpy(float)
    mixed = (1.0 if told else 0.2) * classes @ rng.normal(size=(3, 12)) + rng.normal(size=(len(classes), 12))
    return world.with_columns(**{f"e{at}": mixed[:, at] for at in range(12)})


def labelled_by_model() -> World:
    """Claims whose answers are not people's but an old model's: what it says of the columns, without any chance."""
    world = claims(seed=50)
    frame = world.frame
    signal = 0.8 * (np.log(frame["amount"]) - 7) + 0.5 * frame["prior_claims"] + 0.8 * (frame["product"] == "travel")
    return world.with_columns(y=(signal > signal.quantile(0.72)).astype(int))


def numbered(*, told: bool) -> World:
    """Claims in time, with the number of the paper, which grows by leaps; or with amounts that rise with prices."""
    world, rng = claims(seed=51).split_by("time"), chance(51)
    if told:
        return world.with_columns(paper=1_000_000 + np.cumsum(1 + rng.poisson(30, 6000)))
    return world.with_columns(amount=world.frame["amount"] * np.linspace(1, 1.8, 6000))


def emptied(*, told: bool) -> World:
    """Claims whose income is empty for more of the rows that judge; or for more of the old, wherever they stand."""
    world, rng = claims(seed=52), chance(52)
    is_lost = told & is_held_out(world) & (rng.random(6000) < 0.5)
    return world.with_columns(income=world.frame["income"].mask(is_lost))


def renamed() -> World:
    """Claims whose channel is spelled in another way in most of the rows that judge."""
    world = claims(seed=53)
    is_other = is_held_out(world) & (chance(53).random(6000) < 0.6)
    return world.with_columns(channel=world.frame["channel"].mask(is_other, world.frame["channel"].str.upper()))
