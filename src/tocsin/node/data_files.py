"""Files that say how this node works: those that came with Tocsin, and those that people put into the node's folder.

Rules:
1. A file in the node's folder counts in the place of the shipped one of the same name.
2. A faulty one is told with its reason, and its name is refused: the shipped one does not take its place again, because
   it may be laxer than what was meant.
3. Number and sizes are bounded, links are not followed, what begins with a dot is passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Generic, TypeVar

from tocsin import limits
from tocsin.errors import ConfigError, NotFound, TocsinError

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class DataFiles(Generic[Read]):
    """What could be read, by name; and the reason for each that could not."""

    read: Mapping[str, Read]
    refused: Mapping[str, str]

    def named(self, name: str, what: str) -> Read:
        """One by its name. ConfigError where its file is faulty, NotFound where there is none."""
        if name in self.refused:
            raise ConfigError(self.refused[name], "Correct the file, or remove it to take what came with Tocsin.")
        if name not in self.read:
            there = ", ".join(sorted(self.read))
            raise NotFound(f"there is no {what} {name[:80]!r}", f"There are: {there}.")
        return self.read[name]


def read_files(
    package: str, ending: str, folder: Path | None, parse: Callable[[str, str], Read], most_bytes: int
) -> DataFiles[Read]:
    """The files of a package's folder and of a node's; `parse` takes the file's name and text."""
    read: dict[str, Read] = {}
    refused: dict[str, str] = {}
    for shipped in files("tocsin").joinpath(*package.split("/")).iterdir():
        if shipped.name.endswith(ending):
            read[shipped.name.removesuffix(ending)] = parse(shipped.name, shipped.read_text("utf-8"))
    for path in _own(folder, ending):
        name = path.name.removesuffix(ending)
        try:
            read[name] = parse(str(path), text_of(path, most_bytes))
        except TocsinError as error:
            read.pop(name, None)
            refused[name] = str(error)
    return DataFiles(read, refused)


def text_of(path: Path, most_bytes: int) -> str:
    """A file's text. ConfigError for what is no plain file, too long or no UTF-8."""
    advice = "Put a plain text file there that the node may read."
    try:
        if path.is_symlink() or not path.is_file():
            raise ConfigError(f"{path}: this is no plain file", advice)
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise ConfigError(f"{path}: more than {most_bytes:,} bytes", advice)
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", advice) from error


def _own(folder: Path | None, ending: str) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.name.endswith(ending) and not path.name.startswith("."))
    if len(found) > limits.DATA_FILES:
        raise ConfigError(f"{folder}: more than {limits.DATA_FILES} files", "Keep only those that are used.")
    return found
