"""A disk of a node's own that can be filled: a file system of some GiB in a sparse file, seen by this benchmark alone.

Mounting needs a mount namespace: `enter` starts the program again inside one (`unshare --mount`), so that the mount is
gone when the program is, however it ends. As root the disk is ext4 on a loop device, as a machine has it; otherwise a
tmpfs in a user namespace, which takes memory while it is full.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

INSIDE = "TOCSIN_SMALL_DISK"
SIZE, MEMORY_SIZE = "3G", "1300M"  # the journal leaves 1 GiB free, so both are larger
BALLAST = "ballast"
BLOCK = 4_096


def enter(module: str) -> None:
    """Start this program again in a mount namespace of its own, once; does nothing where none can be made."""
    if os.environ.get(INSIDE) or not _permitted():
        return
    os.environ[INSIDE] = "1"
    command = [*_unshare(), sys.executable, "-m", module, *sys.argv[1:]]
    os.execvp(command[0], command)


@dataclass(frozen=True)
class Disk:
    """Where the node may lie; `refusal` says why it is no disk of its own."""

    folder: Path
    refusal: str = ""


@contextmanager
def mounted(place: Path) -> Iterator[Disk]:
    """The small disk below a folder, for as long as the block runs."""
    folder = place / "disk"
    folder.mkdir()
    refusal = "no mount namespace can be made"
    if os.environ.get(INSIDE):
        refusal = _loop(folder, place / "image") and _memory(folder)
    try:
        yield Disk(folder, refusal)
    finally:
        if not refusal:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no free byte."""
    with (folder / BALLAST).open("wb", buffering=0) as stream:
        size = 0
        for step in (1 << 26, 1 << 20, BLOCK):
            try:
                while True:
                    os.posix_fallocate(stream.fileno(), size, step)
                    size += step
            except OSError:
                continue  # not so much is left: a smaller step


def free(folder: Path) -> None:
    """Give the space back."""
    (folder / BALLAST).unlink()


def _unshare() -> list[str]:
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *own, "--mount", "--propagation", "private"]


def _permitted() -> bool:
    try:
        return _told([*_unshare(), "true"]) == ""
    except FileNotFoundError:
        return False


def _loop(folder: Path, image: Path) -> str:
    """ext4 on a loop device; why not."""
    try:
        return (
            _told(["truncate", "-s", SIZE, str(image)])
            or _told(["mkfs.ext4", "-q", "-m", "0", str(image)])
            or _told(["mount", "-o", "loop", str(image), str(folder)])
        )
    except FileNotFoundError as error:
        return str(error)


def _memory(folder: Path) -> str:
    """A tmpfs; why not."""
    return _told(["mount", "-t", "tmpfs", "-o", f"size={MEMORY_SIZE}", "none", str(folder)])


def _told(command: Sequence[str]) -> str:
    """What a command complains of; '' when it went well."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"{command[0]} ended with {done.returncode}"
