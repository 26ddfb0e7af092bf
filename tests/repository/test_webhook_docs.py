"""The delivery that the page about the webhook shows is one that the webhook takes."""

import re
from datetime import UTC, datetime

from ratchet.orchestration.webhook.alertmanager import KINDS, make_requests, read_delivery
from ratchet.orchestration.webhook.mount import PREFIX


def test_the_example_is_taken(repository):
    page = (repository / "docs" / "how-to" / "alerts-by-webhook.md").read_text()
    body = re.search(r"-d '(\{.*?\})'\n", page, flags=re.DOTALL)
    assert body
    [request] = make_requests(read_delivery(body[1].encode()), {"churn"}, actor="x", now=datetime.now(UTC))
    assert request.trigger.model == "churn"
    assert page.count(f"{PREFIX}/alerts") >= 3
    assert all(kind.value in page for kind in KINDS)
