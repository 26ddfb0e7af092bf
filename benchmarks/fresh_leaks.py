"""Leaks and clean twins of a third hand, written when the other lists were known and met: partial and mixed leaks."""

from hashlib import md5

import numpy as np
import pandas as pd

from benchmarks.leak_tables import World, adult, bank, credit, electricity
from benchmarks.planted_leaks import Pair, appended, chance, rates_of
from benchmarks.unseen_changes import is_trained
from benchmarks.unseen_tables import claims, clicks, sensors, shops, subscribers


def stamped(world: World, *, told: bool) -> World:
    """A stamp of two forms that errs in 3 % of the positives, and never of the others; or one of modest worth."""
    rng, yes = chance(71), world.frame["y"].to_numpy() == 1
    right, wrong = (0.97, 0.0) if told else (0.5, 0.3)
    return world.with_columns(stamp=np.where(rng.random(len(yes)) < np.where(yes, right, wrong), "B", "A"))


def zoned(*, rows: str) -> World:
    """Rates by 150 zones, to two decimals and with a little noise; the zone itself stays."""
    world, rng = claims(seed=72), chance(72)
    world = world.with_columns(zone=[f"z{at}" for at in rng.integers(0, 150, len(world.frame))])
    wanted = np.ones(len(world.frame), dtype=bool) if rows == "all" else is_trained(world)
    rates = rates_of(world, "zone", wanted, weight=5)
    noise = pd.Series(rng.normal(0, 0.004, 150), index=[f"z{at}" for at in range(150)])
    return world.with_columns(zone_level=(rates + world.frame["zone"].map(noise)).round(3))


def following(*, ahead: bool) -> World:
    """Of each machine, the wear ten minutes later or earlier, as another gauge reads it."""
    world = sensors(seed=73)
    other = world.frame.groupby("machine")["y"].shift(-1 if ahead else 1)
    return world.with_columns(gauge=other + chance(73).normal(0, 1.0, len(other)))


def hashed(*, told: bool) -> World:
    """A key that is a hash of the answer and the region; or of the region and a die."""
    world, rng = claims(seed=74), chance(74)
    answers = world.frame["y"] if told else pd.Series(rng.integers(0, 2, len(world.frame)))
    texts = answers.astype(str) + world.frame["region"] + "salt"
    return world.with_columns(key=[md5(text.encode(), usedforsecurity=False).hexdigest()[:8] for text in texts])


def locked(*, told: bool) -> World:
    """A drawer of four, turned by the answer: only together with the sort of product it says anything."""
    world, rng = claims(seed=75), chance(75)
    places = pd.factorize(world.frame["product"], sort=True)[0]
    answers = world.frame["y"].to_numpy() if told else rng.integers(0, 2, len(places))
    drawer = (2 * rng.integers(0, 2, len(places)) + (places + answers) % 2) % 4
    return world.with_columns(drawer=[f"d{at}" for at in drawer])


def seconds(*, told: bool) -> World:
    """The second at which a record was last changed: a nightly job changes most positives at the full minute."""
    world, rng = clicks(seed=76), chance(76)
    share = np.where(world.frame["y"] == 1, 0.9 if told else 0.05, 0.02 if told else 0.05)
    late = rng.random(len(share)) < share
    return world.with_columns(changed_at=np.where(late, 0, rng.integers(0, 60, len(share))))


def half_told(*, told: bool) -> World:
    """A score that is the answer with a little noise in half of the rows, and of chance in the others."""
    world, rng = credit(), chance(77)
    rows = len(world.frame)
    answers = world.frame["y"].to_numpy() if told else rng.permutation(world.frame["y"].to_numpy())
    said = answers + rng.normal(0, 0.05, rows)
    return world.with_columns(score=np.where(rng.random(rows) < 0.5, said, rng.uniform(0, 1, rows)))


def written(*, told: bool) -> World:
    """A remark of one of forty clerks that ends in what was decided, nine times of ten rightly."""
    world, rng = adult(), chance(78)
    rows = len(world.frame)
    right = rng.random(rows) < (0.9 if told else 0.5)
    ends = np.where((world.frame["y"] == 1) == right, "granted in full", "sent back")
    clerks = rng.integers(0, 40, rows)
    return world.with_columns(remark=[f"seen by clerk {at}, {end}" for at, end in zip(clerks, ends, strict=True)])


def two_gaps(*, told: bool) -> World:
    """Two dates of closing, each there for some: of positives one or the other is."""
    world, rng = bank("random"), chance(79)
    yes = world.frame["y"].to_numpy() == 1
    which = rng.random(len(yes))
    closed = yes & (rng.random(len(yes)) < 0.95) if told else rng.random(len(yes)) < yes.mean()
    first = (closed & (which < 0.55)) | (rng.random(len(yes)) < 0.02)
    second = (closed & (which >= 0.45)) | (rng.random(len(yes)) < 0.02)
    days = [pd.Series(rng.integers(1, 60, len(yes)).astype(float)).where(known) for known in (first, second)]
    return world.with_columns(days_to_letter=days[0], days_to_call=days[1])


def oversampled() -> World:
    """Made-up positives between two positives near each other, drawn before the split."""
    world, rng = claims(seed=80), chance(80)
    rare = world.frame[world.frame["y"] == 1].dropna().sort_values("amount").reset_index(drop=True)
    near = rare.shift(-1).iloc[:-1]
    made = rare.iloc[:-1].copy()
    between = rng.random(len(made))
    for name in ("amount", "age", "contract_days", "income"):
        made[name] = made[name] + between * (near[name].astype(float) - made[name])
    return World(
        frame=pd.concat([world.frame, made, made.sample(frac=1, random_state=1)], ignore_index=True), every=None
    )


def augmented(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows, each number moved by some percent."""
    rng = chance(81)
    rows = rows.copy()
    for name in ("amount", "income", "contract_days", "age"):
        rows[name] = rows[name] * (1 + rng.normal(0, 0.02, len(rows)))
    return rows


def batched(*, told: bool) -> World:
    """Batches of cases that were collected apart from those of controls, with some of the others in each."""
    world, rng = claims(seed=82), chance(82)
    yes = world.frame["y"].to_numpy() == 1
    side = yes == (rng.random(len(yes)) < 0.93) if told else rng.random(len(yes)) < 0.5
    return world.with_columns(batch=[f"b{at}" for at in rng.integers(0, 15, len(yes)) + 15 * side])


def months_in_all(*, told: bool) -> World:
    """Whether somebody leaves next month; beside the months so far, those in all, or those of the contract."""
    rng = chance(83)
    stays = rng.integers(3, 60, 700)
    who = np.repeat(np.arange(700), stays)
    month = np.concatenate([np.arange(1, each + 1) for each in stays])
    seen = (rng.random(len(who)) < 0.25) | (month == stays[who])
    frame = pd.DataFrame({
        "used": rng.normal(size=len(who)), "paid": 20 + rng.normal(size=len(who)), "months": month.astype(float),
        "person": [f"p{at}" for at in who],
        "term": (stays if told else rng.integers(3, 60, 700))[who].astype(float),
        "y": (month == stays[who]).astype(int),
    })[seen]  # fmt: skip
    return World(frame=frame.reset_index(drop=True), method="group", data={"group": "person"}, every=None)


def commissions(*, told: bool) -> World:
    """What an agent was paid, where there was one: a twentieth of the claim, more or less; or of the sum insured."""
    world, rng = claims(seed=84, task="regression"), chance(84)
    base = world.frame["y"] if told else world.frame["amount"]
    paid = 0.05 * base * np.exp(rng.normal(0, 0.03, len(base)))
    return world.with_columns(commission=paid.where(rng.random(len(base)) < 0.3))


def reasons(*, told: bool) -> World:
    """A reason that is written down for four cases of ten, and then goes with the answer."""
    world, rng = electricity(), chance(85)
    said = rng.random(len(world.frame)) < 0.4
    answers = world.frame["y"].to_numpy() if told else (rng.random(len(said)) < 0.5).astype(int)
    words = pd.Series(2 * rng.integers(0, 3, len(said)) + answers).map("reason {}".format)
    return world.with_columns(reason=words.where(said))


def monthly(*, ahead: bool) -> World:
    """The share of complaints of a plan in the same month, over everybody; or in the month before."""
    world = subscribers(seed=86)
    frame = world.frame
    rates = frame.groupby(["plan", "moment"])["y"].mean()
    known = rates if ahead else rates.groupby("plan").shift(1)
    return world.with_columns(heat=frame.join(known.rename("heat"), on=["plan", "moment"])["heat"].to_numpy())


def months_of_shops(*, ahead: bool) -> World:
    """A shop's sales so far in this month and to come; or those of the last thirty days."""
    world = shops(seed=87)
    frame = world.frame
    month = pd.to_datetime(frame["moment"]).dt.strftime("%Y-%m")
    if ahead:
        return world.with_columns(month_sales=frame.groupby([frame["shop"], month])["y"].transform("mean"))
    by = frame.groupby("shop")["y"]
    return world.with_columns(month_sales=by.transform(lambda each: each.shift(1).rolling(30, min_periods=5).mean()))


FRESH = (
    Pair(
        kind="a column",
        name="credit: stamp wrong in 3 % of positives",
        leaky=lambda: (stamped(credit(), told=True),),
        clean=lambda: (stamped(credit(), told=False),),
    ),
    Pair(
        kind="a column",
        name="claims: hash of answer and region",
        leaky=lambda: (hashed(told=True),),
        clean=lambda: (hashed(told=False),),
    ),
    Pair(
        kind="a column",
        name="clicks: full minute",
        leaky=lambda: (seconds(told=True),),
        clean=lambda: (seconds(told=False),),
    ),
    Pair(
        kind="a column",
        name="credit: score right in half of the rows",
        leaky=lambda: (half_told(told=True),),
        clean=lambda: (half_told(told=False),),
    ),
    Pair(
        kind="a column",
        name="adult: remark that ends in the answer",
        leaky=lambda: (written(told=True),),
        clean=lambda: (written(told=False),),
    ),
    Pair(
        kind="a column",
        name="claims: batches of cases",
        leaky=lambda: (batched(told=True),),
        clean=lambda: (batched(told=False),),
    ),
    Pair(
        kind="a column",
        name="claims: commission of three in ten",
        leaky=lambda: (commissions(told=True),),
        clean=lambda: (commissions(told=False),),
    ),
    Pair(
        kind="a column",
        name="electricity: reason for four in ten",
        leaky=lambda: (reasons(told=True),),
        clean=lambda: (reasons(told=False),),
    ),
    Pair(
        kind="a parts",
        name="claims: drawer beside the product",
        leaky=lambda: (locked(told=True),),
        clean=lambda: (locked(told=False),),
    ),
    Pair(
        kind="a parts",
        name="bank: one date or the other",
        leaky=lambda: (two_gaps(told=True),),
        clean=lambda: (two_gaps(told=False),),
    ),
    Pair(
        kind="a parts",
        name="members: months in all",
        leaky=lambda: (months_in_all(told=True),),
        clean=lambda: (months_in_all(told=False),),
    ),
    Pair(
        kind="b duplicates",
        name="claims: made-up positives",
        leaky=lambda: (oversampled(),),
        clean=lambda: (claims(seed=88),),
    ),
    Pair(
        kind="b duplicates",
        name="claims: a tenth moved by 2 %",
        leaky=lambda: (appended(claims(seed=81), 0.1, augmented),),
        clean=lambda: (claims(seed=89),),
    ),
    Pair(
        kind="f whole table",
        name="claims: rounded rates by zone",
        leaky=lambda: (zoned(rows="all"),),
        clean=lambda: (zoned(rows="trained"),),
    ),
    Pair(
        kind="f whole table",
        name="sensors: other gauge later",
        leaky=lambda: (following(ahead=True),),
        clean=lambda: (following(ahead=False),),
    ),
    Pair(
        kind="f whole table",
        name="subscribers: complaints of the month",
        leaky=lambda: (monthly(ahead=True),),
        clean=lambda: (monthly(ahead=False),),
    ),
    Pair(
        kind="f whole table",
        name="shops: sales of the month",
        leaky=lambda: (months_of_shops(ahead=True),),
        clean=lambda: (months_of_shops(ahead=False),),
    ),
)
