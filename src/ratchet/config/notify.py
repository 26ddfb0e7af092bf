"""`notify:` in the YAML: which channels are told of incidents, and each channel's own options."""

import logging

from ratchet.config.extensions import Extension, ExtensionSpec
from ratchet.plugins import CHANNELS, load_plugin_class
from ratchet.records.alerts import IncidentNotice

logger = logging.getLogger(__name__)


class Channel(Extension):
    """A channel, named by an entry point of the group `ratchet.channels`: its fields are its options.

    It is told of each change once. What it raises is noted, and fails nothing.
    """

    def send(self, notice: IncidentNotice) -> None:
        """Tell somebody of one change."""
        raise NotImplementedError(f"{type(self).__name__} has no method `send`")


class LogChannel(Channel):
    """The log of the monitoring task, for whoever collects logs."""

    def send(self, notice: IncidentNotice) -> None:
        """Write one line."""
        logger.warning(
            "incident %s %s, severity %s: %s (%s, %s)",
            notice.incident,
            notice.change,
            notice.severity,
            notice.sentence,
            notice.runbook,
            notice.report,
        )


BUILT_IN: dict[str, type[Channel]] = {"log": LogChannel}


class ChannelSpec(ExtensionSpec):
    """A channel that is told of incidents: `log`, or one of another package."""

    @classmethod
    def find_class(cls, name: str) -> type[Channel]:
        """Return the channel of a name."""
        return BUILT_IN[name] if name in BUILT_IN else load_plugin_class(CHANNELS, name, Channel)

    def load(self) -> Channel:
        """Return the channel with its options.

        Raises:
            ConfigError: its package is not installed, can't be loaded, or does not take the options.
        """
        return self.make(self.find_class(self.name))
