"""The list of a bundle's files: `SHA256SUMS`, as `sha256sum --check` reads it. Pure functions over its text.

Rules:
1. One line a file: 64 hexadecimal digits, two spaces, the path with `/` between its parts. Sorted, each path once.
2. A path is relative and below the bundle: no part is empty, `.` or `..`, no control character, no backslash.
3. No file is the folder of another. The list names neither itself nor its signature.
"""

import re
from collections.abc import Mapping

from tocsin import limits
from tocsin.errors import BundleError
from tocsin.sinks.terminal import safe

LIST = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"  # Ed25519 over the list's bytes (RFC 8032), 64 bytes
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_ADVICE = "Fetch the bundle again, from whoever made it."


def write_list(sums: Mapping[str, str]) -> str:
    """The list of files as text, from path → SHA-256. Raises BundleError for a path that no bundle may have."""
    for path in sums:
        check_path(path)
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums))


def read_list(text: str) -> dict[str, str]:
    """Path → SHA-256. Raises BundleError, with the line, for anything that rules 1 to 3 do not allow."""
    lines = text.removesuffix("\n").split("\n")  # not splitlines(): sha256sum ends a line nowhere else
    if not text.endswith("\n") or not 0 < len(lines) <= limits.BUNDLE_FILES:
        raise BundleError(f"{LIST}: cut off, empty, or more than {limits.BUNDLE_FILES:,} files", _ADVICE)
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None or found[2] in sums:
            raise BundleError(f"{LIST}:{number}: not a line of a list of files, or a path for the second time", _ADVICE)
        check_path(found[2], f"{LIST}:{number}: ")
        sums[found[2]] = found[1]
    _check_folders(sums)
    return sums


def check_path(path: str, where: str = "") -> None:
    """Refuse a path that could lead out of the bundle, or that people could not read as what it is."""
    parts = path.split("/")
    if len(path) > limits.BUNDLE_PATH_CHARACTERS or not path.isprintable() or "\\" in path:
        raise BundleError(f"{where}{safe(path[:100])!r} is not a path that a bundle may have", _ADVICE)
    if any(part in ("", ".", "..") for part in parts) or path in (LIST, SIGNATURE):
        raise BundleError(f"{where}{safe(path)!r} leads out of the bundle, or names the list itself", _ADVICE)


def _check_folders(sums: Mapping[str, str]) -> None:
    for path in sums:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            if (folder := "/".join(parts[:depth])) in sums:
                raise BundleError(f"{LIST}: {folder!r} is a file and a folder", _ADVICE)
