"""The real bundle on a clean machine: installed, used and upgraded in a network namespace without a route."""

import os
import shutil
import sys
from pathlib import Path

import namespace
import pytest
from bundles import KEY
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tools.bundle.__main__ import pins
from tools.bundle.assemble import Parts, assemble
from tools.bundle.wheels import build_own, fetch

from tocsin import __version__, clock
from tocsin.node.upkeep.installation import PROGRAM, Installation

ROOT = Path(__file__).parents[2]
NEWER = "999.0.0"
MOST_SECONDS = 300  # the bar: install, run and upgrade


@pytest.fixture
def bundles(tmp_path: Path) -> tuple[Path, Path]:
    """This version's bundle, and one of the same wheels with a Tocsin that says it is newer."""
    wheels = tmp_path / "wheels"
    fetch(pins(ROOT), wheels)
    build_own(ROOT, wheels)
    first = assemble(Parts(ROOT, wheels, None, KEY), tmp_path / "dist")
    next(wheels.glob("tocsin-*.whl")).unlink()
    build_own(newer_source(tmp_path / "source"), wheels)
    return first, assemble(Parts(ROOT, wheels, None, KEY), tmp_path / "dist")


def newer_source(folder: Path) -> Path:
    """Tocsin's source with a higher version."""
    folder.mkdir()
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "README.md", folder / "README.md")
    for name in ("pyproject.toml", "src/tocsin/__init__.py"):
        text = (ROOT / name).read_text("utf-8")
        assert f'"{__version__}"' in text
        (folder / name).write_text(text.replace(f'"{__version__}"', f'"{NEWER}"'), "utf-8")
    return folder


@pytest.mark.slow
def test_a_bare_machine_is_installed_used_and_upgraded_without_a_network(
    bundles: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := namespace.refusal():
        assert not os.environ.get("CI"), f"{reason}; this test needs a network namespace"
        pytest.skip(reason)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    key, place, logs = tmp_path / "public.pem", Installation(tmp_path / "prefix"), tmp_path / "logs"
    key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    install = ["sh", bundles[0] / "install.sh", "--key", key, "--prefix", place.prefix, "--python", sys.executable]
    commands = [
        install,
        [place.command, "--version"],
        [place.command, "exercise", "windows-intrusion", "--out", logs, "--events", "2500"],
        [place.command, "scan", logs, "--lake", tmp_path / "lake"],
        [place.command, "node", "upgrade", bundles[1], "--no-node"],
        [place.command, "--version"],
        [place.command, "lake", "status", "--lake", tmp_path / "lake"],
        [place.command, "node", "upgrade", bundles[0], "--no-node"],
    ]
    began = clock.monotonic()
    seen = namespace.run([list(map(str, command)) for command in commands], tmp_path, MOST_SECONDS)
    assert clock.monotonic() - began < MOST_SECONDS
    assert seen.codes[:-1] == [0] * 7, seen.said
    assert (seen.answers[1], seen.answers[5]) == (f"tocsin {__version__}\n", f"tocsin {NEWER}\n")
    assert "incidents" in seen.answers[3] and "windows" in seen.answers[6]
    assert seen.codes[-1] != 0 and "older than" in seen.said[-1], "a downgrade has to be meant"
    assert place.current_version() == NEWER and place.installed() == [__version__, NEWER]
    assert (place.folder(__version__) / PROGRAM).is_file(), "the way back by hand"
    assert seen.attempts == [] and set(seen.kernel.values()) == {0}, seen.kernel
