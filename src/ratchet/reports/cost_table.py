"""What challenger and champion take, as rows of a table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ratchet.records.serving_cost import Quantile, ServingCost, ServingCosts
from ratchet.reports.wording import NOTHING, figure, seconds, size


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCell:
    """A figure, and what belongs to it in small print."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One figure of every model."""

    name: str
    cells: tuple[CostCell, ...]


CostFigure = tuple[str, Callable[[ServingCost], CostCell]]  # what a figure is called, and where it is found


def list_costs(serving_costs: ServingCosts | None) -> tuple[ServingCost, ...]:
    """Return the models whose serving cost was to be measured, the challenger first."""
    if serving_costs is None:
        return ()
    return tuple(each for each in (serving_costs.challenger, serving_costs.champion) if each is not None)


def tabulate_costs(costs: tuple[ServingCost, ...]) -> tuple[CostRow, ...]:
    """Return a row a figure; a price that was not given has none."""
    has_costs = any(each.cost_single is not None for each in costs)
    figures = (*_list_latencies(costs), *FIGURES, *(COSTS if has_costs else ()))
    return tuple(CostRow(name=name, cells=tuple(map(read, costs))) for name, read in figures)


def _list_latencies(costs: tuple[ServingCost, ...]) -> list[CostFigure]:
    shares = sorted({each.share for cost in costs for each in cost.latency})
    return [(f"One row, p{100 * share:g}", partial(_time, share=share)) for share in shares]


def _time(cost: ServingCost, share: float) -> CostCell:
    quantile = next((each for each in cost.latency if each.share == share), None)
    if quantile is None:
        return CostCell(text=NOTHING)
    if quantile.value is None:
        return CostCell(text=NOTHING, note=quantile.problem or "")
    return CostCell(text=f"{quantile.value:.3g} ms", note=_bounds(quantile))


def _bounds(quantile: Quantile) -> str:
    lower, upper = (NOTHING if each is None else f"{each:.3g}" for each in (quantile.lower, quantile.upper))
    return f"[{lower}, {upper}]"


def _speed(cost: ServingCost) -> CostCell:
    if cost.rows_per_second is None:
        return CostCell(text=NOTHING)
    return CostCell(text=f"{cost.rows_per_second:,.0f} rows/s", note=f"{cost.batch_rows:,} rows")


def _size(size_bytes: int | None) -> CostCell:
    return CostCell(text=NOTHING if not size_bytes else size(size_bytes))


def _loading(cost: ServingCost) -> CostCell:
    return CostCell(text=NOTHING if cost.load_seconds is None else seconds(cost.load_seconds))


FIGURES: tuple[CostFigure, ...] = (
    ("Batch", _speed),
    ("Loading", _loading),
    ("File", lambda cost: _size(cost.size_bytes)),
    ("Memory, loaded", lambda cost: _size(cost.resident_bytes)),
    ("Memory at its peak, scoring a batch", lambda cost: _size(cost.peak_bytes)),
)
COSTS: tuple[CostFigure, ...] = (
    ("1,000 predictions one by one", lambda cost: CostCell(text=figure(cost.cost_single))),
    ("1,000 predictions in batches", lambda cost: CostCell(text=figure(cost.cost_batch))),
)
