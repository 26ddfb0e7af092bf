"""`monitoring.alerts:` in the YAML: what is raised, and when it is let go."""

from ratchet.config.base import Section


class AlertPlan(Section):
    """When a signal becomes an alert."""


class QueuePlan(Section):
    """Which predictions are worth a label."""
