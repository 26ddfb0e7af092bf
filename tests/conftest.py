"""What every test may ask for."""

import os
from pathlib import Path

import pytest

from ratchet.config.quiet import keep_quiet

keep_quiet()  # before anything imports the libraries that it silences

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that is being tested."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("RATCHET_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not at {folder}; set RATCHET_TEST_DATA")
    return folder
