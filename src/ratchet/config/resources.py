"""`resources:` in the YAML: how the serving cost is measured."""

from pydantic import Field

from ratchet.sections import Section


class Resources(Section):
    """How the serving cost of challenger and champion is measured."""

    seconds: float = Field(
        default=0.9, ge=0.1, le=600, description="Time for the calls on single rows; more time, more calls."
    )
    price_per_core_hour: float | None = Field(
        default=None, ge=0, description="What a core costs an hour, in any currency; gives the cost of predictions."
    )
