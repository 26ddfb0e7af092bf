"""Options that several commands have."""

from typing import Annotated

from typer import Argument, Option

AsJson = Annotated[bool, Option("--json", help="Print JSON on stdout and nothing else.")]
ModelName = Annotated[str, Argument(metavar="MODEL", help="A model's name, or its YAML file.", show_default=False)]
