"""A chat room that takes messages by a webhook."""

import os

from pydantic import Field

from ratchet.config.notify import Channel
from ratchet.records.alerts import IncidentNotice


class ChatRoom(Channel):
    """Posts each notice to a room."""

    url_env: str = Field(description="Environment variable that holds the room's address: whoever has it may post.")

    def send(self, notice: IncidentNotice) -> None:
        """Post one message."""
        import httpx  # here: the module is imported wherever a YAML is read

        text = f"{notice.model}: incident {notice.change}. {notice.sentence} What to do: {notice.runbook}"
        httpx.post(os.environ[self.url_env], json={"text": text}, timeout=10).raise_for_status()
