"""The wheels of a bundle: fetched or built by pip, each against its hash in the lock."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from tools.bundle.lock import Pin, plain


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


def fetch(pins: Iterable[Pin], folder: Path) -> None:
    """Put a wheel of every pin that this platform needs into the folder; what has no wheel is built."""
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder.parent / "pins.txt"
    requirements.write_text("".join(f"{pin.text}\n" for pin in pins), "utf-8")
    _pip("wheel", "--no-deps", "--require-hashes", "--requirement", requirements, "--wheel-dir", folder)
    requirements.unlink()


def build_own(root: Path, folder: Path) -> None:
    """Build Tocsin's wheel from its source. The time in it is fixed, so equal sources give equal wheels."""
    _pip("wheel", "--no-deps", "--wheel-dir", folder, root)


def read_wheels(folder: Path) -> list[Wheel]:
    """The wheels of a folder, by name."""
    return sorted((read_wheel(path) for path in folder.glob("*.whl")), key=lambda wheel: wheel.name)


def read_wheel(path: Path) -> Wheel:
    """One wheel with its metadata."""
    with ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode("utf-8"), headersonly=True)
    return Wheel(path, hashlib.sha256(path.read_bytes()).hexdigest(), metadata)


def requirements(wheels: Iterable[Wheel]) -> str:
    """What pip installs from the bundle: every wheel, by version and hash."""
    return "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels)


def _pip(*arguments: object) -> None:
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1580601600"}
    command = [sys.executable, "-m", "pip", "--quiet", *map(str, arguments)]
    subprocess.run(command, check=True, env=environment)
