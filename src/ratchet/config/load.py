"""From a YAML file to a `ModelConfig`, or to one sentence for each mistake in it."""

from pathlib import Path

from pydantic import ValidationError

from ratchet.config.mistakes import describe_mistakes
from ratchet.config.model import ModelConfig
from ratchet.config.yaml_file import read_yaml
from ratchet.errors import ConfigError
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
