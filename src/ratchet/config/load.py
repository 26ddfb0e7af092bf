"""From a YAML file to a `ModelConfig`, or to one sentence for each mistake in it."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ratchet.config.mistakes import describe_mistakes
from ratchet.config.model import ModelConfig
from ratchet.config.settings import Settings
from ratchet.config.yaml_file import read_yaml
from ratchet.errors import ConfigError, did_you_mean, list_names
from ratchet.sections import FROM_FILE


def load_model(path: Path) -> ModelConfig:
    """Read one model's YAML.

    Raises:
        ConfigError: naming every mistake in the file, one a line.
    """
    file = read_yaml(path)
    try:
        config = ModelConfig.model_validate(file.content, context=FROM_FILE)
    except ValidationError as error:
        raise ConfigError("\n".join(describe_mistakes(file, error))) from error
    # Files can't share a name, so no two of them can claim the same DAG, lock and folders.
    if config.model != path.stem:
        raise ConfigError(
            f"{path}:{file.line_of(('model',))}: model: '{config.model}' does not match the file's name; "
            f"call it '{path.stem}' or rename the file to {config.model}.yaml"
        )
    return config


def find_models(folder: Path) -> list[Path]:
    """Return the model files of a folder, in the order of their names; hidden ones are left out."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))


def locate_model(settings: Settings, text: str) -> Path:
    """Return the file of a model, given its name or the file itself.

    Raises:
        ConfigError: there is no such model or file, or it does not end in .yaml.
    """
    if text.endswith((".yaml", ".yml")) or "/" in text:
        return _checked(Path(text))
    path = settings.models / f"{text}.yaml"
    if path.is_file():
        return path
    raise ConfigError(f"{settings.models}: no model '{text}'{_suggest(settings, text)}")


def _suggest(settings: Settings, text: str) -> str:
    known = [file.stem for file in find_models(settings.models)]
    there = f"it has {list_names(known)}" if known else "it has none yet; `ratchet init` writes one"
    return f"{did_you_mean(text, known)}; {there}"


def locate_models(settings: Settings, texts: Sequence[str]) -> list[Path]:
    """Return the files of the models that are named, of all when none is.

    Raises:
        ConfigError: one of them is not there, or there is none at all.
    """
    return [locate_model(settings, text) for text in texts] or every_model(settings)


def every_model(settings: Settings) -> list[Path]:
    """Return the files of all models, those with a wrong ending as well, so that none is silently left out.

    Raises:
        ConfigError: there are none.
    """
    files = [*find_models(settings.models), *sorted(settings.models.glob("[!.]*.yml"))]
    if not files:
        raise ConfigError(f"{settings.models}: there is no model yet; `ratchet init` writes one from a data file")
    return files


def _checked(path: Path) -> Path:
    if path.suffix != ".yaml":
        raise ConfigError(f"{path}: a model file ends in .yaml; call it {path.with_suffix('.yaml').name}")
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    return path
