"""Shared by all tests: the shared data sets when they are beside the project, no network, no foreign home."""

from pathlib import Path

import pytest

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
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
