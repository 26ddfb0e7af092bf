"""Plug-ins that take options: a YAML names one, and its own section says what it may be told.

The plug-in is a class that another package names by an entry point; its fields are its options. They are checked while
a person's YAML is read. Records of earlier runs are read without the package.
"""

from abc import abstractmethod
from typing import TypeVar

from pydantic import Field, JsonValue, ValidationError, ValidationInfo, field_validator, model_validator

from ratchet.errors import ConfigError, did_you_mean
from ratchet.sections import FROM_FILE, Section


class Extension(Section):
    """What such a plug-in is made of: a class with a field for each option."""

    @model_validator(mode="before")
    @classmethod
    def _knows_its_options(cls, given: object) -> object:
        """Say it here: what is allowed is not to be found among the keys that Ratchet itself knows."""
        known = list(cls.model_fields)
        unknown = [str(name) for name in given if name not in known] if isinstance(given, dict) else []
        if unknown:
            near = did_you_mean(unknown[0], known)
            raise ValueError(f"there is no option '{unknown[0]}'{near}; there is {', '.join(known) or 'none'}")
        return given


Kind = TypeVar("Kind", bound=Extension)


class ExtensionSpec(Section):
    """What a YAML says of a plug-in."""

    name: str = Field(description="Its name: that of an entry point, or of one that is built in.", min_length=1)
    options: dict[str, JsonValue] = Field(
        default={}, validate_default=True, description="Its own options: see its documentation."
    )

    @classmethod
    @abstractmethod
    def find_class(cls, name: str) -> type[Extension]:
        """Return the plug-in of a name.

        Raises:
            ConfigError: there is none, or it can't be loaded.
        """

    @field_validator("name")
    @classmethod
    def _is_installed(cls, name: str, info: ValidationInfo) -> str:
        if info.context == FROM_FILE:
            try:
                cls.find_class(name)
            except ConfigError as error:
                raise ValueError(str(error)) from error
        return name

    @field_validator("options")
    @classmethod
    def _options_fit(cls, options: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
        if info.context == FROM_FILE and "name" in info.data:
            cls.find_class(info.data["name"]).model_validate(options)
        return options

    def make(self, kind: type[Kind]) -> Kind:
        """Return the plug-in with its options.

        Raises:
            ConfigError: it does not take them: it was another version of it that the run began with.
        """
        try:
            return kind.model_validate(self.options)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, ("options", *first["loc"])))
            said = first["msg"].removeprefix("Value error, ")
            raise ConfigError(f"'{self.name}' does not take its `{where}`: {said}; put it right in the YAML") from error
