"""What challenger and champion take, as rows of a table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ratchet.records.serving_cost import Quantile, ServingCost, ServingCosts
from ratchet.reports.wording import NOTHING, figure, seconds, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure, and what belongs to it in small print."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of every model."""

    name: str
    cells: tuple[Cell, ...]


Reading = tuple[str, Callable[[ServingCost], Cell]]  # what a figure is called, and where it is found


def list_costs(serving_costs: ServingCosts | None) -> tuple[ServingCost, ...]:
    """Return the models that were to be weighed, the challenger first."""
    if serving_costs is None:
        return ()
    return tuple(each for each in (serving_costs.challenger, serving_costs.champion) if each is not None)


def tabulate_costs(weights: tuple[ServingCost, ...]) -> tuple[Row, ...]:
    """Return a row a figure; a price that was not given has none."""
    has_costs = any(each.cost_single is not None for each in weights)
    figures = (*_list_latencies(weights), *FIGURES, *(COSTS if has_costs else ()))
    return tuple(Row(name=name, cells=tuple(map(read, weights))) for name, read in figures)


def _list_latencies(weights: tuple[ServingCost, ...]) -> list[Reading]:
    shares = sorted({each.share for weight in weights for each in weight.latency})
    return [(f"One row, p{100 * share:g}", partial(_time, share=share)) for share in shares]


def _time(weight: ServingCost, share: float) -> Cell:
    quantile = next((each for each in weight.latency if each.share == share), None)
    if quantile is None:
        return Cell(text=NOTHING)
    if quantile.value is None:
        return Cell(text=NOTHING, note=quantile.problem or "")
    return Cell(text=f"{quantile.value:.3g} ms", note=_bounds(quantile))


def _bounds(quantile: Quantile) -> str:
    lower, upper = (NOTHING if each is None else f"{each:.3g}" for each in (quantile.lower, quantile.upper))
    return f"[{lower}, {upper}]"


def _speed(weight: ServingCost) -> Cell:
    if weight.rows_per_second is None:
        return Cell(text=NOTHING)
    return Cell(text=f"{weight.rows_per_second:,.0f} rows/s", note=f"{weight.batch_rows:,} rows")


def _size(size_bytes: int | None) -> Cell:
    return Cell(text=NOTHING if not size_bytes else size(size_bytes))


def _loading(weight: ServingCost) -> Cell:
    return Cell(text=NOTHING if weight.load_seconds is None else seconds(weight.load_seconds))


FIGURES: tuple[Reading, ...] = (
    ("Batch", _speed),
    ("Loading", _loading),
    ("File", lambda weight: _size(weight.size_bytes)),
    ("Memory, loaded", lambda weight: _size(weight.resident_bytes)),
    ("Memory at its peak, scoring a batch", lambda weight: _size(weight.peak_bytes)),
)
COSTS: tuple[Reading, ...] = (
    ("1,000 predictions one by one", lambda weight: Cell(text=figure(weight.cost_single))),
    ("1,000 predictions in batches", lambda weight: Cell(text=figure(weight.cost_batch))),
)
