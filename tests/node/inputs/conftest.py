"""A node for the tests of what is sent over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served_node import Served, served


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Served]:
    """A node with the bounds of `limits`."""
    with served(tmp_path) as node:
        yield node
