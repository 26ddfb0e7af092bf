"""What is planted in tables for `benchmarks.joint_leaks`: leaks, kind by kind, and strong columns that are honest."""

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
import pandas as pd

from benchmarks.joint_tables import HIDDEN, Draw, chance, drawn
from benchmarks.leak_tables import World

Plant = Callable[[World], World]
Column = pd.Series | np.ndarray
Columns = Mapping[str, Column]
Make = Callable[[pd.DataFrame, pd.Series, np.random.Generator], Columns]


def level(world: World) -> np.ndarray:
    """Put the answer between 0 and 1: a class by its order, a number by its rank."""
    answer = world.frame[world.target]
    if world.task == "regression":
        return answer.rank(pct=True).to_numpy()
    codes = pd.factorize(answer, sort=True)[0]
    return np.asarray(codes / codes.max())


def figures(world: World) -> pd.Series:
    """The answer as a number."""
    return world.frame[world.target] if world.task == "regression" else pd.Series(level(world))


def planted(make: Make) -> Plant:
    """Add columns made from honest ones and the answer."""

    def plant(world: World) -> World:
        answer = figures(world)
        return world.with_columns(**make(world.frame, answer, chance("planted", world.frame.shape)))

    return plant


def together(*plants: Plant) -> Plant:
    """Plant several things in one table."""
    return lambda world: reduce(lambda grown, plant: plant(grown), plants, world)


# --- leaks ----------------------------------------------------------------------------------------


def formula(
    name: str, how: Callable[[pd.DataFrame, pd.Series], pd.Series], *, digits: int = 2, noise: float = 0
) -> Plant:
    """A formula of the answer and honest columns, rounded, with some noise."""
    return planted(lambda frame, y, rng: {name: (how(frame, y) * np.exp(rng.normal(0, noise, len(y)))).round(digits)})


def instalment(amount: pd.Series, months: pd.Series, percent: pd.Series) -> pd.Series:
    """What is paid each month."""
    monthly = percent / 1200
    return amount * monthly / (1 - (1 + monthly) ** -months)


def codes(first: str, second: str, *, base: int = 2, wrong: float = 0, as_text: bool = True) -> Plant:
    """Two codes, each of which means nothing: the rest of their sum is the answer."""

    def make(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
        answer = np.where(rng.random(len(y)) < wrong, rng.integers(0, base, len(y)), np.rint(y * (base - 1)))
        one = rng.integers(0, 5 * base, len(y))
        two = base * rng.integers(0, 5, len(y)) + (answer - one).astype(int) % base
        return {
            name: pd.Series(each).map("k{}".format) if as_text else each for name, each in ((first, one), (second, two))
        }

    return planted(make)


def parts(*names: str, digits: int = 2) -> Plant:
    """Parts that add up to the answer, in shares of chance."""

    def make(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
        shares = rng.dirichlet(np.full(len(names), 1.2), len(y))
        return {name: (y * shares[:, at]).round(digits) for at, name in enumerate(names)}

    return planted(make)


def span(first: str, last: str, size: Callable[[pd.Series, np.random.Generator], Column], *, start: float) -> Plant:
    """Two figures, such as times or stocks, whose difference is the answer or tells it."""

    def make(_: pd.DataFrame, y: pd.Series, rng: np.random.Generator) -> Columns:
        begin = rng.uniform(start, 5 * start, len(y)).round(1)
        return {first: begin, last: (begin + size(y, rng)).round(1)}

    return planted(make)


def long_or_short(y: pd.Series, rng: np.random.Generator) -> Column:
    """Spans above a limit for some and below it for the others."""
    return np.where(y > 0.5, 48 + rng.gamma(2, 15, len(y)), 48 * rng.beta(2, 1.5, len(y)))


def filled(name: str, draw: Draw, *, yes: float = 0.85, no: float = 0.02, empty: float = np.nan) -> Plant:
    """Empty or zero before an event and filled after it, for most to whom it happened."""

    def plant(world: World) -> World:
        rng, high = chance(name, len(world.frame)), level(world)
        is_filled = rng.random(len(high)) < np.where(high > 0.6, yes, no)
        values = pd.Series(drawn(rng, len(high), draw))
        return world.with_columns(**{name: values.where(is_filled, empty)})

    return plant


def ripening(name: str, draw: Draw, *, last: float = 0.3, no: float = 0.08, is_empty: bool = False) -> Plant:
    """Filled for those to whom it happened, but smaller or emptier the newer a row is, as it has not all come yet."""

    def plant(world: World) -> World:
        rng, rows = chance(name, len(world.frame)), len(world.frame)
        progress = np.clip((rows - np.arange(rows)) / (last * rows), 0, 1)
        values = drawn(rng, rows, draw) * (rng.random(rows) < np.where(level(world) > 0.6, 0.9, no))
        if is_empty:
            return world.with_columns(**{name: pd.Series(values).where((values > 0) & (rng.random(rows) < progress))})
        return world.with_columns(**{name: np.floor(values * progress)})

    return plant


def status(name: str, *groups: str, wrong: float = 0.05) -> Plant:
    """A state after the event: several codes for each answer, some of them wrong."""

    def plant(world: World) -> World:
        rng, count = chance(name, len(world.frame)), len(groups)
        group = np.minimum((level(world) * count).astype(int), count - 1)
        group = np.where(rng.random(len(group)) < wrong, rng.integers(0, count, len(group)), group)
        words = [text.split() for text in groups]
        return world.with_columns(**{name: [words[at][rng.integers(len(words[at]))] for at in group]})

    return plant


def after(name: str, of: str, *, gain: float, noise: float, bins: int = 0) -> Plant:
    """A total or balance after the event, relative to one before it; noisy, or in bins."""

    def plant(world: World) -> World:
        rng, start = chance(name, len(world.frame)), world.frame[of].abs()
        total = start * (1 + gain * level(world)) * np.exp(rng.normal(0, noise, len(start)))
        return world.with_columns(
            **{name: pd.qcut(total.rank(), bins, labels=False).map("b{}".format) if bins else total.round(2)}
        )

    return plant


def visit(name: str, soon: float, late: float, *, shape: float = 4, missing: float = 0.1) -> Plant:
    """Days until something that is arranged after the event, by how it ended."""

    def plant(world: World) -> World:
        rng, high = chance(name, len(world.frame)), level(world)
        days = np.ceil(rng.gamma(shape, (late + (soon - late) * high) / shape))
        return world.with_columns(**{name: pd.Series(days).where(rng.random(len(days)) > missing)})

    return plant


def future(name: str, by: str, how: str, *, noise: float = 0) -> Plant:
    """Of an entity, the mean of later rows, of this row and the next two, or the sum of all beside past ones."""

    def plant(world: World) -> World:
        y, owner = figures(world), world.frame[by]
        done = y.groupby(owner).cumsum() - y
        total = y.groupby(owner).transform("sum")
        later = y.groupby(owner).transform("size") - y.groupby(owner).cumcount() - 1
        near = pd.concat([y.groupby(owner).shift(-step) for step in range(3)], axis=1).mean(axis=1)
        told = {"later": (total - done - y) / later.where(later > 0), "near": near, "total": total}[how]
        rng = chance(name, len(y))
        told = told * np.exp(rng.normal(0, noise, len(y)))
        beside = {"past_total": done.round(2)} if how == "total" else {}
        return world.with_columns(**{name: told.round(2)}, **beside)

    return plant


def ahead(name: str, steps: int, *, noise: float = 0) -> Plant:
    """The mean of this row's answer and of the next ones."""

    def plant(world: World) -> World:
        y = figures(world)
        mean = y[::-1].rolling(steps, min_periods=1).mean()[::-1]
        return world.with_columns(
            **{name: (mean + noise * y.std() * chance(name, len(y)).normal(size=len(y))).round(3)}
        )

    return plant


def some(plant: Plant, share: float) -> Plant:
    """Let only a share of the rows carry a leak; the others have values of anybody."""

    def weaken(world: World) -> World:
        frame, rng = plant(world).frame, chance("some", share)
        mixed = np.flatnonzero(rng.random(len(frame)) > share)
        for name in frame.columns.difference(world.frame.columns):
            values = frame[name].to_numpy(copy=True)
            values[mixed] = values[rng.integers(0, len(frame), len(mixed))]
            frame = frame.assign(**{name: values})
        return world.with_columns(**{name: frame[name] for name in frame.columns.difference(world.frame.columns)})

    return weaken


# --- honest columns -------------------------------------------------------------------------------


def honest(make: Make) -> Plant:
    """Add columns made from honest ones and the hidden cause, never from the answer."""
    return lambda world: world.with_columns(
        **make(world.frame, world.frame[HIDDEN], chance("honest", world.frame.shape))
    )


def cause(name: str = "score", middle: float = 500, spread: float = 80, *, digits: int = 0) -> Plant:
    """The strong cause of the answer, as it is known beforehand."""
    return honest(lambda _, hidden, __: {name: (middle + spread * hidden).round(digits)})


def honest_ratio(top: str = "debt", bottom: str = "assets", *, middle: float = 9) -> Plant:
    """Two columns known beforehand, of which only the ratio is the cause."""

    def make(_: pd.DataFrame, hidden: pd.Series, rng: np.random.Generator) -> Columns:
        below = np.exp(rng.normal(middle, 0.7, len(hidden)))
        return {bottom: below.round(2), top: (below * np.exp(0.5 * hidden - 1)).round(2)}

    return honest(make)


def asked(first: str = "firm_score", second: str = "home_score") -> Plant:
    """The cause, asked of firms in one question and of others in another: empty for a good reason."""

    def make(_: pd.DataFrame, hidden: pd.Series, rng: np.random.Generator) -> Columns:
        is_firm, values = pd.Series(rng.random(len(hidden)) < 0.65), (50 + 12 * hidden).round(1)
        return {
            "form": is_firm.map({True: "B", False: "P"}),
            first: values.where(is_firm),
            second: (values + 20).where(~is_firm),
        }

    return honest(make)


def deposit(of: str = "amount") -> Plant:
    """Paid at the start, as a share of what is at stake; nothing for many."""
    return honest(lambda frame, hidden, _: {"deposit": (frame[of] * (0.3 + 0.22 * hidden).clip(0)).round(2)})


def contract(name: str = "duration") -> Plant:
    """How long a contract was made for: months, known when it is signed."""
    return honest(lambda _, hidden, __: {name: (6 * (6 + 3 * hidden).round().clip(1, 20))})


def growing(name: str = "cost", index: str = "price_index", *, growth: float = 0.4) -> Plant:
    """The cause in prices that rise over time, and the index that they rise by."""

    def make(__: pd.DataFrame, hidden: pd.Series, _: np.random.Generator) -> Columns:
        rise = 1 + growth * np.arange(len(hidden)) / len(hidden)
        return {index: (100 * rise).round(1), name: (80 * rise * np.exp(0.5 * hidden)).round(2)}

    return honest(make)


def begun(name: str = "score", *, since: float = 0.2) -> Plant:
    """The cause, asked only since some day: empty in old rows, for a good reason."""
    return honest(
        lambda frame, hidden, _: {name: (500 + 80 * hidden).round().where(np.arange(len(frame)) > since * len(frame))}
    )


def past(by: str) -> Plant:
    """Of an entity, the sum and the count of earlier rows alone, and its cause."""

    def plant(world: World) -> World:
        y, owner = figures(world), world.frame[by]
        count = y.groupby(owner).cumcount()
        done = (y.groupby(owner).cumsum() - y).round(2)
        return world.with_columns(past_total=done, past_count=count.astype(float))

    return together(plant, cause())


def lagged(name: str, steps: int = 1) -> Plant:
    """The answer of some rows before, which is known by then."""
    return lambda world: world.with_columns(**{name: figures(world).shift(steps)})
