"""Rule files that travel in one request: their names below a folder, and their texts.

Rules:
1. A name is a path below the folder, with `/`, of printable characters: no absolute path, no `..`, no part that begins
   with a dot, no file that is the folder of another. Only `.yml` and `.yaml` travel.
2. Links do not travel: a set from elsewhere could point at a file that is nobody else's business.
3. Files, the size of each and of all are bounded (`limits`). Nothing is packed, so nothing grows when it is unpacked.
4. They are written into a folder that was just made, each new, for the node's user alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tocsin import limits
from tocsin.detect.sigma.rule_files import SUFFIXES, RuleFile, find_rule_files, read_content
from tocsin.errors import LimitExceeded, UsageError
from tocsin.node.upkeep.private_files import FILE_MODE, FOLDER_MODE

_SPLIT = "Give the node a part of them, or act on its folder with --rescue."


def parcel_of(folder: Path) -> dict[str, str]:
    """The rule files below a folder, or one file. UsageError or LimitExceeded where they cannot travel."""
    files = {name_below(file.path, folder): file for file in find_rule_files((folder,))}
    texts = {name: _text(file) for name, file in files.items()}
    check_parcel(texts)
    return texts


def name_below(file: str, root: Path) -> str:
    """A rule file's path below the path that was given."""
    return os.path.relpath(file, root) if root.is_dir() else Path(file).name


def check_parcel(files: Mapping[str, str]) -> None:
    """Raise UsageError or LimitExceeded where files cannot travel by rules 1 and 3."""
    if not files:
        raise UsageError("there is no rule file (.yml, .yaml)", "Name the folder of a Sigma rule tree.")
    if len(files) > limits.RULE_SET_FILES:
        raise LimitExceeded(f"{len(files):,} rule files are more than {limits.RULE_SET_FILES:,}", _SPLIT)
    wrong = next((name for name in files if not _is_name(name)), None)
    if wrong is not None:
        raise UsageError(
            f"{wrong[:80]!r} is no name of a rule file below a folder",
            "Name it like windows/rule.yml: no absolute path, no `..`, nothing that begins with a dot.",
        )
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    both = next((name for name in files if name in folders), None)
    if both is not None:
        raise UsageError(f"{both[:80]!r} is a file and a folder", "Rename one of both.")
    _check_sizes(files)


def unpack(files: Mapping[str, str], folder: Path) -> None:
    """Write files that were checked into a folder that is not there yet. Rule 4."""
    folder.mkdir(mode=FOLDER_MODE)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())


def _is_name(name: str) -> bool:
    if len(name) > limits.RULE_NAME_CHARACTERS or not name.isprintable() or "\\" in name:
        return False
    parts = name.split("/")
    return (
        len(parts) <= limits.RULE_NAME_PARTS
        and all(part and part[0] != "." and len(part.encode()) <= limits.RULE_NAME_PART_BYTES for part in parts)
        and name.endswith(SUFFIXES)
    )


def _check_sizes(files: Mapping[str, str]) -> None:
    total = 0
    for name, text in files.items():
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > limits.RULE_FILE_BYTES:
            raise LimitExceeded(f"{name} is longer than {limits.RULE_FILE_BYTES // limits.MIB} MiB", "Split it.")
        total += size
    if total > limits.RULE_SET_BYTES:
        raise LimitExceeded(f"the rule files are longer than {limits.RULE_SET_BYTES // limits.MIB} MiB", _SPLIT)


def _text(file: RuleFile) -> str:
    """Rule 2, and that it is text."""
    if Path(file.path).is_symlink():
        raise UsageError(f"{file.name} is a link", "Put the file itself there, or take the link out.")
    try:
        return read_content(file).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name} cannot be read: {error}", "Save it as UTF-8, or take it out.") from error
