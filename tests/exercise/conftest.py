"""Small exercises, written once for all tests of this room."""

import pytest
from played_exercise import REHEARSAL, Played
from written_exercise import EVENTS, Written

from tocsin.exercise import network_intrusion, windows_intrusion
from tocsin.exercise.range import play


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


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A small alliance with a crowd, a silence and planted records of many streams."""
    folder = tmp_path_factory.mktemp("range")
    return Played(folder, play(REHEARSAL, folder, seed=5))
