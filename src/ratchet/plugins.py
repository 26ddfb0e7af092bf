"""What other installed packages add, found by their entry points and imported when it is used."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from ratchet.errors import ConfigError, did_you_mean

ESTIMATORS = "ratchet.estimators"
METRICS = "ratchet.metrics"
Kind = TypeVar("Kind")


@cache
def find_plugins(group: str) -> dict[str, EntryPoint]:
    """Return the plug-ins of a group by their names; nothing of them is imported.

    Raises:
        ConfigError: two packages give a plug-in the same name, and nobody can tell which one a YAML means.
    """
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise ConfigError(
                f"two plug-ins of {group} are called '{entry.name}': {other.value} and {entry.value}; uninstall one"
            )
    return found


def load_plugin(group: str, name: str, kind: type[Kind]) -> Kind:
    """Import a plug-in and return it.

    Raises:
        ConfigError: it is not installed, its package can't be imported, or it is of another kind.
    """
    known = find_plugins(group)
    if name not in known:
        raise ConfigError(
            f"no plug-in of {group} is called '{name}'{did_you_mean(name, known)}; install the package that has it"
        )
    try:
        plugin = known[name].load()
    except Exception as error:  # another package's code may raise anything while it is imported
        raise ConfigError(
            f"the plug-in '{name}' of {group} ({known[name].value}) can't be loaded: "
            f"{type(error).__name__}: {error}; repair or uninstall its package"
        ) from error
    if not isinstance(plugin, kind):
        wanted = f"{kind.__module__}.{kind.__qualname__}"
        raise ConfigError(f"the plug-in '{name}' of {group} is a {type(plugin).__name__}, not a `{wanted}`")
    return plugin
