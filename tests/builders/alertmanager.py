"""What Alertmanager posts."""

FIRED = "2026-03-02T08:15:30.123456789Z"  # with the nanoseconds of Go


def make_alert(number: int = 1, **changes: object) -> dict[str, object]:
    """One firing alert about the model `sales`."""
    alert: dict[str, object] = {
        "status": "firing",
        "labels": {"alertname": "ErrorRateHigh", "severity": "page", "ratchet_model": "sales"},
        "annotations": {"summary": "errors doubled since Monday"},
        "startsAt": FIRED,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=errors",
        "fingerprint": f"{number:016x}",
    }
    return {**alert, **changes}


def make_delivery(*alerts: dict[str, object], **changes: object) -> dict[str, object]:
    """A group of alerts, of one alert where none is given."""
    delivery: dict[str, object] = {
        "version": "4",
        "groupKey": '{}:{alertname="ErrorRateHigh"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "ratchet",
        "groupLabels": {"alertname": "ErrorRateHigh"},
        "commonLabels": {"alertname": "ErrorRateHigh"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.org",
        "alerts": list(alerts) or [make_alert()],
    }
    return {**delivery, **changes}
