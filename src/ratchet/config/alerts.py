"""`monitoring.alerts:` and `queue:` in the YAML: what is raised, when it is let go, and what gets a label."""

from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.config.throttle import Blackout
from ratchet.sections import ColumnName, Name, Section, find_repeats

Urgency = Literal["yellow", "red"]
Asks = Literal["performance", "concept", "drift", "prediction", "label", "calibration"]
PATTERNS = "Names of signals; * stands for any text: performance.*, drift.age, prediction."


def takes_estimates(pattern: str) -> bool:
    """Tell whether names of signals that a pattern stands for may be those of estimates made without labels."""
    return pattern.startswith("estimate") or fnmatchcase("estimate.any", pattern)


class Limits(Section):
    """From which effect on a signal is yellow, and from which it is red; only what is more than chance counts."""

    yellow: float = Field(gt=0, description="From here on somebody should look.")
    red: float = Field(gt=0, description="From here on somebody should act; above `yellow`.")

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if self.yellow > self.red:
            raise ValueError(f"`yellow` ({self.yellow:g}) should be at most `red` ({self.red:g})")
        return self


class SlowRule(Section):
    """A loss too small to be seen in any one week, which goes on."""

    step: float = Field(default=0.005, gt=0, description="Loss a week, as a share of the baseline.")
    weeks: int = Field(default=4, ge=3, le=52, description="For so long; windows of rows where there is no clock.")
    level: Urgency = Field(default="red", description="What the signal is then.")


class Persistence(Section):
    """How often a level must be reached before it is entered; a sudden loss never waits."""

    # one window: what is significant after correction is seldom chance, and each window more is a day lost
    seen: int = Field(default=1, ge=1, le=50, description="k: in so many windows ...")
    of: int = Field(default=1, ge=1, le=50, description="n: ... of the last so many.")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.seen > self.of:
            raise ValueError(f"`seen` ({self.seen}) can't be more than `of` ({self.of})")
        return self


class Composite(Section):
    """Signals that say more together than each by itself."""

    name: Name = Field(description="What the alert is called.")
    of: tuple[str, ...] = Field(min_length=1, strict=False, description=f"Conditions. {PATTERNS}")
    at_least: int = Field(default=1, ge=1, description="How many of the conditions must hold.")
    when: Urgency = Field(default="yellow", description="A condition holds from this level of a signal on.")
    level: Urgency = Field(default="red", description="What the model is then.")
    overridable_by_labels: bool = Field(
        default=True, description="Only yellow once matured labels show that rows which looked like this lost nothing."
    )

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.at_least > len(self.of):
            raise ValueError(f"`at_least` is {self.at_least}, but there are {len(self.of)} conditions")
        if repeats := find_repeats("conditions", self.of):
            raise ValueError(repeats)
        guesses = sum(map(takes_estimates, self.of))
        if self.level == "red" and guesses >= self.at_least:
            raise ValueError("estimates made without labels never decide alone: ask for `at_least` one condition more")
        return self


# What people watch for when labels are weeks away: the inputs moved, and the model's answers with them. A feature by
# itself is yellow: on real streams some column always moves with the season, and most of that costs nothing.
COMPOSITES = (
    Composite(name="inputs-and-predictions", of=("drift.*", "prediction"), at_least=2, when="red"),
    Composite(name="most-features", of=("features",), when="red"),
    Composite(name="concept-and-loss", of=("concept", "*performance.*"), at_least=2, overridable_by_labels=False),
)
# Other metrics, calibration, labels, estimates and single features tell somebody to look; they are yellow at most.
ALONE = ("performance.*", "long_performance.*", "sudden.*", "slow.*", "data.*")


class AlertPlan(Section):
    """When a signal becomes an alert, when the model is red, and what is asked for then."""

    performance: Limits = Field(
        default=Limits(yellow=0.02, red=0.05), description="Loss below the baseline, as a share of it."
    )
    # a part is a few rows of one kind: it strays further from its baseline than everybody together
    segment: Limits = Field(default=Limits(yellow=0.05, red=0.1), description="The same of a segment.")
    segments: dict[str, Limits] = Field(
        default={}, description='Segments with limits of their own, by name; * stands for any text: "plan = *".'
    )
    sudden: float | None = Field(
        default=0.05, gt=0, description="Loss from one window to the next that is red at once; null for no such rule."
    )
    slow: SlowRule | None = Field(default=SlowRule(), description="null for no such rule.")
    # a tenth and a quarter more or fewer than predicted: what budgets and staffing notice, and what they can't bear
    calibration: Limits = Field(
        default=Limits(yellow=0.1, red=0.25), description="Change of (observed - predicted), as a share of predicted."
    )
    # below 0.6 a person sees no difference between two heaps of rows; 0.8 is a usable classifier
    separation: Limits = Field(
        default=Limits(yellow=0.6, red=0.8), description="Lower bound of the area under the curve, then against now."
    )
    labels_open: Limits = Field(
        default=Limits(yellow=0.2, red=0.5), description="Share of matured rows whose label has not come."
    )
    rows_missing: int = Field(default=2, ge=1, description="Windows in a row without a row that are red.")
    feature_share: Limits = Field(
        default=Limits(yellow=0.25, red=0.5), description="Share of the features whose drift is red."
    )
    # Half a window in a hundred, so that a hundred stable ones seldom have more than one: half of that for everybody,
    # half for all segments, guards and rules together (Holm).
    significance: float = Field(
        default=0.005, gt=0, lt=0.5, description="How often all figures of a window together may alarm by chance."
    )
    leave: float = Field(
        default=0.8, gt=0, le=1, description="A level is left below this share of the limit that it was entered at."
    )
    # windows of seven days looked at daily share six days: they are smooth already, and smoothing on top only delays
    smoothing: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Weight of the newest window in an exponential mean; 1 for no smoothing.",
    )
    persistence: Persistence = Persistence()
    hold: int = Field(
        default=4, ge=0, description="Windows without data for which a level is held; then it is unknown."
    )
    alone: tuple[str, ...] = Field(
        default=ALONE, strict=False, description=f"Signals that make the model red by themselves. {PATTERNS}"
    )
    composites: tuple[Composite, ...] = Field(
        default=COMPOSITES, strict=False, description="Alerts that take several signals."
    )
    maintenance: tuple[Blackout, ...] = Field(
        default=(), strict=False, description="While one lasts nothing is raised, and the model is unknown."
    )
    retrain_on: tuple[Asks, ...] = Field(
        default=("performance", "concept", "drift", "prediction"),
        strict=False,
        description="Kinds of red alerts that ask for a retrain; [] for none.",
    )
    ask_again: int = Field(default=7, ge=1, description="While it stays red, ask again after so many windows.")
    close_after: int = Field(default=3, ge=1, description="Green windows in a row that close an incident.")

    @model_validator(mode="after")
    def _names_are_clear(self) -> Self:
        if repeats := find_repeats("composites", [each.name for each in self.composites]):
            raise ValueError(repeats)
        if any(map(takes_estimates, self.alone)):
            raise ValueError("`alone` takes in estimates made without labels, which never decide alone")
        if self.separation.red >= 1:
            raise ValueError("`separation` is an area under a curve: `red` should be below 1")
        return self

    def limits_of(self, segment: str | None) -> Limits:
        """Return the limits of everybody or of a segment: its own by name, by the first pattern, or those of all."""
        if segment is None:
            return self.performance
        if own := self.segments.get(segment):
            return own
        fitting = (limits for pattern, limits in self.segments.items() if fnmatchcase(segment, pattern))
        return next(fitting, self.segment)


class QueuePlan(Section):
    """Which predictions are worth a label."""

    # what one person labels in a day or two
    rows: int = Field(default=200, ge=0, description="Rows a run may ask for; 0 for none.")
    by: tuple[ColumnName, ...] | None = Field(
        default=None, strict=False, description="Columns whose values share the rows; null for `monitoring.segments`."
    )
