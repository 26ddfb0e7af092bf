"""Generated tables for `benchmarks.unseen_leaks`: claims, visits, shops, clicks, sensors and subscribers."""

import numpy as np
import pandas as pd

from benchmarks.leak_tables import START, World


def claims(rows: int = 6000, *, task: str = "binary", seed: int = 21, strength: float = 1.0) -> World:
    """Insurance claims in no order: fraud, or what a claim costs in the end; the old seldom tell their income."""
    rng = np.random.default_rng(seed)
    age, prior = rng.integers(18, 86, rows), rng.poisson(0.6, rows)
    frame = pd.DataFrame({
        "amount": np.round(np.exp(rng.normal(7, 0.9, rows)), 2),
        "age": age,
        "prior_claims": prior,
        "contract_days": rng.integers(1, 4000, rows),
        "region": [f"r{at:02d}" for at in rng.integers(0, 16, rows)],
        "product": rng.choice(["car", "home", "travel", "liability"], rows, p=[0.5, 0.25, 0.15, 0.1]),
        "channel": rng.choice(["web", "agent", "phone"], rows),
        "has_lawyer": pd.Series(rng.random(rows) < 0.2).astype(object),
        "income": pd.Series(np.exp(rng.normal(10, 0.5, rows))).mask(rng.random(rows) < 0.05 + 0.3 * (age > 65)),
    })  # fmt: skip
    regional = rng.normal(0, 0.4, 16)[frame["region"].str[1:].astype(int)]
    signal = 0.8 * (np.log(frame["amount"]) - 7) + 0.5 * prior + 0.8 * (frame["product"] == "travel") + regional
    signal = strength * (signal + 0.6 * frame["has_lawyer"].astype(float) - 0.0004 * frame["contract_days"])
    if task == "regression":
        cost = np.exp(6 + 0.5 * signal + 0.5 * rng.normal(size=rows))
        return World(frame=frame.assign(y=cost.round(2)), task=task, every=None)
    likely = 1 / (1 + np.exp(1.6 * strength - signal))
    return World(frame=frame.assign(y=(rng.random(rows) < likely).astype(int)), every=None)


def visits(people: int = 900, *, seed: int = 22) -> World:
    """Visits to an emergency ward, one to nine a patient; the young are seldom sent to the laboratory."""
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.repeat(np.arange(people), rng.integers(1, 10, people)))
    rows, weak, born = len(who), rng.normal(size=people), rng.integers(1, 95, people)
    complaint = rng.choice(["chest", "head", "belly", "injury", "skin", "breath"], rows)
    pressure, blood = 125 + 15 * rng.normal(size=rows), rng.normal(size=rows)
    signal = 1.5 * weak[who] + 0.02 * (born[who] - 45) + 0.8 * np.isin(complaint, ["chest", "breath"])
    signal += 0.03 * (pressure - 125) + 0.8 * blood + rng.logistic(size=rows)
    frame = pd.DataFrame({
        "patient": [f"p{at}" for at in who],
        "age": born[who],
        "pressure": pressure.round(),
        "blood": pd.Series(blood).mask(rng.random(rows) < 0.1 + 0.6 * (born[who] < 40)),
        "complaint": complaint,
        "by_ambulance": pd.Series(rng.random(rows) < 0.3).astype(object),
        "hour": rng.integers(0, 24, rows),
        "y": np.select([signal < -0.5, signal < 1.5], ["green", "yellow"], "red"),
    })  # fmt: skip
    return World(frame=frame, task="multiclass", method="group", data={"group": "patient"}, every=None)


def shops(count: int = 40, days: int = 150, *, seed: int = 23, memory: float = 0.85) -> World:
    """Pieces that shops sell from day to day; a good day follows a good one, and some are good for all of them."""
    rng = np.random.default_rng(seed)
    mood = np.zeros((days, count))
    for day in range(1, days):
        mood[day] = memory * mood[day - 1] + np.sqrt(1 - memory**2) * rng.normal(size=count)
    day, shop = np.divmod(np.arange(days * count), count)
    price, promotion = np.exp(rng.normal(2, 0.6, days * count)), rng.random(days * count) < 0.15
    warmth, fair = 15 + 8 * rng.normal(size=days), rng.normal(size=days)
    level = rng.normal(0, 0.5, count)[shop] + 0.4 * mood.ravel() + 0.15 * (day % 7 >= 5) + 0.3 * fair[day]
    sold = rng.poisson(np.exp(3 + level + 0.5 * promotion - 0.2 * (np.log(price) - 2)))
    moments = (START + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = pd.DataFrame({
        "moment": moments, "shop": [f"shop {at}" for at in shop], "weekday": day % 7, "price": price.round(2),
        "promotion": pd.Series(promotion).astype(object), "warmth": warmth[day].round(1), "y": sold,
    })  # fmt: skip
    return World(frame=frame, task="regression", method="time", times="moment", every=None)


def clicks(rows: int = 12_000, *, seed: int = 24) -> World:
    """Advertisements that are shown: few are clicked on; telephones do not say where somebody came from."""
    rng = np.random.default_rng(seed)
    campaign, place, device = rng.integers(0, 400, rows), rng.integers(1, 6, rows), rng.random(rows) < 0.6
    frame = pd.DataFrame({
        "campaign": [f"k{at}" for at in campaign],
        "place": place,
        "device": np.where(device, "telephone", "desk"),
        "hour": rng.integers(0, 24, rows),
        "referrer": pd.Series(rng.choice(["search", "mail", "friend"], rows)).mask(device & (rng.random(rows) < 0.7)),
        "shown_before": rng.poisson(1.5, rows),
    })  # fmt: skip
    signal = 0.6 * rng.normal(size=400)[campaign] - 0.4 * (place - 3) + 0.4 * device - 0.2 * frame["shown_before"]
    likely = 1 / (1 + np.exp(-(signal - 2.2)))
    return World(frame=frame.assign(y=(rng.random(rows) < likely).astype(int)), method="random", every=None)


def sensors(machines: int = 25, steps: int = 200, *, seed: int = 25) -> World:
    """Wear of machines, every ten minutes; some readings are missing."""
    rng = np.random.default_rng(seed)
    hidden = np.zeros((steps, machines))
    for step in range(1, steps):
        hidden[step] = 0.9 * hidden[step - 1] + 0.45 * rng.normal(size=machines)
    step, machine = np.divmod(np.arange(steps * machines), machines)
    rows = len(step)
    heat, load = 60 + 8 * rng.normal(size=rows), rng.uniform(0, 1, rows)
    wear = 50 + 4 * hidden.ravel() + 0.3 * (heat - 60) + 8 * load**2 + 3 * rng.normal(size=machines)[machine]
    frame = pd.DataFrame({
        "moment": (START + pd.to_timedelta(10 * step, unit="min")).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": [f"m{at}" for at in machine], "heat": heat, "load": load,
        "shaking": pd.Series(hidden.ravel() + 1.5 * rng.normal(size=rows)).mask(rng.random(rows) < 0.05),
        "turns": 1000 + rng.integers(0, 5, rows) * 250, "y": wear + 2 * rng.normal(size=rows),
    })  # fmt: skip
    return World(frame=frame, task="regression", method="time", times="moment", every=None)


def subscribers(people: int = 450, months: int = 12, *, seed: int = 26) -> World:
    """The same people month after month, and whether they complain; prices rise for everybody."""
    rng = np.random.default_rng(seed)
    month, who = np.divmod(np.arange(people * months), people)
    rows, leaning = len(who), rng.normal(size=people)
    used, paid = np.exp(rng.normal(2, 0.7, rows)), 20 + 0.5 * month + 5 * rng.integers(0, 4, people)[who]
    signal = 1.2 * leaning[who] - 0.6 * (np.log(used) - 2) + 0.04 * (paid - 30) - 1.2
    frame = pd.DataFrame({
        "moment": [(START + pd.DateOffset(months=int(at))).strftime("%Y-%m-%dT%H:%M:%SZ") for at in month],
        "customer": [f"c{at}" for at in who], "used": used, "paid": paid.astype(float),
        "plan": np.array(["small", "middle", "large"])[rng.integers(0, 3, people)[who]],
        "age": pd.Series(rng.integers(18, 90, people)[who]).mask(rng.random(rows) < 0.1).astype(float),
        "y": (rng.random(rows) < 1 / (1 + np.exp(-signal))).astype(int),
    })  # fmt: skip
    return World(frame=frame, method="time", times="moment", every=None, data={"entity": "customer"})


def claim_lines(count: int = 1000, *, seed: int = 27) -> World:
    """Lines of invoices: the answer is the whole invoice's, and all of its lines have it."""
    rng = np.random.default_rng(seed)
    invoice = rng.permutation(np.repeat(np.arange(count), rng.integers(2, 8, count)))
    rows, size = len(invoice), rng.normal(size=count)
    number = rng.choice(90_000, count, replace=False)
    answer = (rng.random(count) < 1 / (1 + np.exp(1 - 0.8 * size))).astype(int)
    frame = pd.DataFrame({
        "invoice": number[invoice],
        "price": np.exp(3 + 0.3 * size[invoice] + rng.normal(size=rows)).round(2),
        "pieces": 1 + rng.poisson(2, rows),
        "part": rng.choice(["wheel", "door", "glass", "paint", "work"], rows),
        "y": answer[invoice],
    })  # fmt: skip
    return World(frame=frame, method="group", data={"group": "invoice"}, every=None)


def clinics(count: int = 30, *, seed: int = 28) -> World:
    """Patients of clinics that each measure in their own way; whole clinics are held out."""
    rng = np.random.default_rng(seed)
    where = rng.integers(0, count, 5000)
    own = rng.normal(0, 2, (count, 3))[where]
    values = rng.normal(size=(5000, 3))
    frame = pd.DataFrame(values + own, columns=["sugar", "salt", "fat"])
    frame["age"] = rng.integers(20, 90, 5000)
    signal = values[:, 0] - 0.5 * values[:, 1] + 0.03 * (frame["age"] - 55)
    frame = frame.assign(clinic=[f"h{at}" for at in where], y=(signal + rng.logistic(size=5000) > 0.5).astype(int))
    return World(frame=frame, method="group", data={"group": "clinic"}, every=None)


def menus(rows: int = 5000, *, seed: int = 29) -> World:
    """Orders from a short card: there are only some hundred different rows, with the answers of chance."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "dish": rng.choice(["soup", "fish", "meat", "cake"], rows), "drink": rng.choice(["tea", "water", "wine"], rows),
        "guests": rng.integers(1, 5, rows), "table_by": rng.choice(["window", "wall"], rows),
    })  # fmt: skip
    likely = 0.2 + 0.25 * (frame["drink"] == "wine") + 0.08 * frame["guests"]
    return World(frame=frame.assign(y=(rng.random(rows) < likely).astype(int)), every=None)
