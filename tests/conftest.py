"""Shared by all tests: the shared data sets when they are beside the project, no network, no foreign home."""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)  # a slow machine is not a fault
settings.register_profile("ci", deadline=None, derandomize=True)  # the same examples for everybody
settings.load_profile("ci" if os.environ.get("CI") else "here")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell; commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # under nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

collect_ignore = [] if find_spec("pyspark") else ["spark"]  # make test-spark has it

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the shared data where it is absent, and nothing else."""
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason=f"the shared data sets are not at {SHARED}")
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(skip)


@pytest.fixture
def shared() -> Path:
    """The folder of the shared data sets; use with the mark `shared_data`."""
    return SHARED


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own. The cache of compiled rules goes by their content: one for all tests of a process."""
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
