"""Rule files on disk: finding them and noticing change cheaply.

Rules:
1. Every `.yml` and `.yaml` below the given paths counts once, in the order of its path; dot-folders are left out.
2. A tree is unchanged if names, sizes and modification times are; only else contents are read.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from tocsin import limits
from tocsin.errors import LimitExceeded, UsageError

SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file that may hold rules. `name` is the path as people see it, below the path they gave."""

    path: str
    name: str
    size: int
    modified_ns: int


def find_rule_files(paths: Sequence[Path]) -> list[RuleFile]:
    """All rule files below the paths, each once. Raises UsageError where a path does not exist."""
    found: dict[str, RuleFile] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no rule path {path}", "Give a folder or a file with Sigma rules.")
        real = os.path.realpath(path)
        for entry in _walk(path):
            found.setdefault(real + entry.path[len(str(path)) :], entry)
            if len(found) > limits.RULE_FILES:
                raise LimitExceeded(f"more than {limits.RULE_FILES} rule files")
    return sorted(found.values(), key=lambda file: file.name)


def _walk(root: Path) -> Iterator[RuleFile]:
    if root.is_file():
        status = root.stat()
        yield RuleFile(str(root), str(root), status.st_size, status.st_mtime_ns)
        return
    pending = [str(root)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.name.endswith(SUFFIXES) and entry.is_file():
                    status = entry.stat()
                    yield RuleFile(entry.path, entry.path, status.st_size, status.st_mtime_ns)


def manifest_hash(files: Sequence[RuleFile]) -> str:
    """A hash of names, sizes and times: equal as long as nobody touched the tree."""
    text = "\n".join(f"{file.path}\0{file.size}\0{file.modified_ns}" for file in files)
    return blake3(text.encode("utf-8", "surrogateescape")).hexdigest()


def contents_hash(contents: Sequence[tuple[RuleFile, bytes]]) -> str:
    """A hash of names and contents."""
    digest = blake3()
    for file, content in contents:
        digest.update(file.name.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(blake3(content).digest())
    return digest.hexdigest()


def read_content(file: RuleFile) -> bytes:
    """The bytes of a rule file, at most one more than limits.RULE_FILE_BYTES (the parser refuses those)."""
    with Path(file.path).open("rb") as stream:
        return stream.read(limits.RULE_FILE_BYTES + 1)
