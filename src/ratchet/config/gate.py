"""What every gate's section in the YAML has in common."""

from typing import Literal

from pydantic import Field

from ratchet.sections import Section

OnFail = Literal["reject", "hold"]
OnInconclusive = Literal["hold", "reject", "ignore"]


class GateSection(Section):
    """A gate: what a failure and a "can't say" do to the verdict."""

    on_fail: OnFail = Field(default="reject", description="What a failure does: reject, or hold for a person.")
    on_inconclusive: OnInconclusive = Field(
        default="hold", description='What "not enough data to say" does: hold for a person, reject, or ignore.'
    )
