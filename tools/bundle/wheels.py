"""The wheels of a bundle: fetched or built by pip, each against its hash in the lock."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from itertools import groupby
from pathlib import Path
from zipfile import ZipFile

from tools.bundle.lock import Pin, plain

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Wheel:
    """One wheel: where it is, its SHA-256, and what it says of itself."""

    path: Path
    sha256: str
    metadata: Message

    @property
    def name(self) -> str:
        """The package's name in its comparable spelling."""
        return plain(str(self.metadata["Name"]))

    @property
    def version(self) -> str:
        """The package's version."""
        return str(self.metadata["Version"])


def fetch(pins: Iterable[Pin], folder: Path, pythons: Sequence[str] = (HERE,)) -> None:
    """Put a wheel of every pin that this platform needs into the folder, for each Python (`3.12`).

    For the running Python what has no wheel is built; for others there has to be one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder.parent / "pins.txt"
    requirements.write_text("".join(f"{pin.text}\n" for pin in pins), "utf-8")
    pinned = ("--no-deps", "--require-hashes", "--requirement", requirements)
    for python in pythons:
        if python == HERE:
            _pip("wheel", *pinned, "--wheel-dir", folder)
        else:
            _pip("download", *pinned, "--only-binary", ":all:", "--python-version", python, "--dest", folder)
    requirements.unlink()


def build_own(root: Path, folder: Path) -> None:
    """Build Tocsin's wheel from its source. The time in it is fixed, so equal sources give equal wheels."""
    _pip("wheel", "--no-deps", "--wheel-dir", folder, root)


def read_wheels(folder: Path) -> list[Wheel]:
    """The wheels of a folder, by name."""
    return sorted((read_wheel(path) for path in folder.glob("*.whl")), key=lambda wheel: (wheel.name, wheel.path.name))


def by_package(wheels: Iterable[Wheel]) -> list[list[Wheel]]:
    """The wheels of each package: one, or one for each Python. Raises ValueError when they are of several versions."""
    groups = [list(group) for _, group in groupby(wheels, key=lambda wheel: wheel.name)]
    for group in groups:
        if len({wheel.version for wheel in group}) > 1:
            raise ValueError(f"{group[0].name}: a bundle has one version of a package")
    return groups


def read_wheel(path: Path) -> Wheel:
    """One wheel with its metadata."""
    with ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode("utf-8"), headersonly=True)
    return Wheel(path, hashlib.sha256(path.read_bytes()).hexdigest(), metadata)


def requirements(wheels: Iterable[Wheel]) -> str:
    """What pip installs from the bundle: every package by its version and the hashes of its wheels."""
    return "".join(
        f"{group[0].name}=={group[0].version}{''.join(f' --hash=sha256:{wheel.sha256}' for wheel in group)}\n"
        for group in by_package(wheels)
    )


def _pip(*arguments: object) -> None:
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1580601600"}
    command = [sys.executable, "-m", "pip", "--quiet", "--quiet", *map(str, arguments)]
    subprocess.run(command, check=True, env=environment)
