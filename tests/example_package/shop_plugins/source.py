"""Rows from JSON lines, as many systems export them."""

from pydantic import Field

from ratchet.config.data import DataSource, Wanted


class JsonLines(DataSource):
    """A file with one JSON object a line."""

    path: str = Field(description="The file, relative to the project.")

    def open(self, wanted: Wanted):
        """Read the file."""
        from pyarrow import json  # here: the module is imported wherever a YAML is read

        return json.read_json(wanted.project / self.path).to_reader()
