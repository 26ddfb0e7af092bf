"""What other installed packages add, found by their entry points and imported when it is used."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from ratchet.errors import ConfigError, did_you_mean

ESTIMATORS = "ratchet.estimators"
GATES = "ratchet.gates"
METRICS = "ratchet.metrics"
SOURCES = "ratchet.sources"
CHANNELS = "ratchet.channels"
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
    plugin = _import_plugin(group, name)
    if not isinstance(plugin, kind):
        raise ConfigError(f"the plug-in '{name}' of {group} is a {type(plugin).__name__}, not a `{_full_name(kind)}`")
    return plugin


def load_plugin_class(group: str, name: str, base: type[Kind]) -> type[Kind]:
    """Import a plug-in that is a class and return it.

    Raises:
        ConfigError: it is not installed, its package can't be imported, or it is no class of that kind.
    """
    plugin = _import_plugin(group, name)
    if not isinstance(plugin, type) or not issubclass(plugin, base):
        found = plugin.__name__ if isinstance(plugin, type) else f"a {type(plugin).__name__}"
        raise ConfigError(f"the plug-in '{name}' of {group} is {found}, not a class of `{_full_name(base)}`")
    return plugin


def _full_name(kind: type[object]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _import_plugin(group: str, name: str) -> object:
    known = find_plugins(group)
    if name not in known:
        raise ConfigError(
            f"no plug-in of {group} is called '{name}'{did_you_mean(name, known)}; install the package that has it"
        )
    try:
        return known[name].load()
    except Exception as error:  # another package's code may raise anything while it is imported
        raise ConfigError(
            f"the plug-in '{name}' of {group} ({known[name].value}) can't be loaded: "
            f"{type(error).__name__}: {error}; repair or uninstall its package"
        ) from error
