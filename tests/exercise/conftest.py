"""Two small exercises, written once for all tests of this room."""

import pytest
from written_exercise import EVENTS, Written

from tocsin.exercise import network_intrusion, windows_intrusion


@pytest.fixture(scope="session")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The Windows exercise."""
    folder = tmp_path_factory.mktemp("windows")
    return Written(folder, windows_intrusion(folder, 7, EVENTS))


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The network exercise."""
    folder = tmp_path_factory.mktemp("network")
    return Written(folder, network_intrusion(folder, 7, EVENTS))
