"""An export of evidence as it comes from the node: a tar, unpacked into a new folder while it arrives.

Rules:
1. Only plain files with the names that an export has are written, each new, for this user alone. Anything else, and
   more files than limits.CLIENT_EVIDENCE_FILES, ends it.
2. What arrived counts when every sum of `SHA256SUMS` is right.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from tocsin import limits
from tocsin.cli.receiving import Arriving
from tocsin.errors import NodeUnreachable, UsageError
from tocsin.node.upkeep.private_files import FILE_MODE, make_private_folder

_NAME = re.compile(r"(events/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PART_BYTES = 1 << 20
_AGAIN = "Remove what was written and export it again."


def check_empty(to: Path) -> None:
    """UsageError where something is there already."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} is not empty", "Name a folder that is not there yet.")


def unpack(parts: Iterator[bytes], to: Path) -> None:
    """Write what arrives. NodeUnreachable where it is no export, or not all of it."""
    make_private_folder(to)
    (to / "events").mkdir(exist_ok=True)
    try:
        with tarfile.open(fileobj=cast(BinaryIO, io.BufferedReader(Arriving(parts))), mode="r|") as tar:
            for number, member in enumerate(tar, 1):
                if not member.isreg() or not _NAME.fullmatch(member.name) or number > limits.CLIENT_EVIDENCE_FILES:
                    raise NodeUnreachable("what the node sends is no export of evidence", _AGAIN)
                _write(tar, member, to / member.name)
    except tarfile.TarError as error:
        raise NodeUnreachable(f"the export did not arrive whole: {error}", _AGAIN) from error
    _check_sums(to)


def events_in(to: Path) -> tuple[int, int]:
    """How many events an export names, and how many of them have their original line."""
    try:
        events = json.loads((to / "manifest.json").read_bytes())["events"]
        return len(events), sum("file" in event for event in events)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeUnreachable("the export has no manifest that can be read", _AGAIN) from error


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None  # a regular file has content
    with path.open("xb") as file:
        path.chmod(FILE_MODE)
        while part := content.read(_PART_BYTES):
            file.write(part)


def _check_sums(to: Path) -> None:
    try:
        lines = (to / "SHA256SUMS").read_text("ascii").splitlines()
        for line in lines:
            digest, name = line[:64], line[66:]
            with (to / name).open("rb") as file:
                if not _NAME.fullmatch(name) or hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    raise NodeUnreachable(f"{name} of the export is damaged", _AGAIN)
    except (OSError, UnicodeDecodeError) as error:
        raise NodeUnreachable("the export did not arrive whole", _AGAIN) from error
