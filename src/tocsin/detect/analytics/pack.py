"""The analytics that ship with Tocsin, and those that a site adds, replaces or tunes.

Rules:
1. An analytic is a folder `<id>/analytic.sql`, or a file `<id>.sql`; its id is that name.
2. A site's folder is read after the pack: an analytic of the same id replaces the pack's.
3. `tuning.toml` in a site's folder gives thresholds other values: a table an analytic, a value a name; `enabled =
   false` leaves the analytic out.
4. What cannot be read is refused with file and line, and never stops the rest.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from blake3 import blake3

from tocsin import limits
from tocsin.detect.analytics.analytic import Analytic, parse_analytic
from tocsin.errors import RuleError, TocsinError, UsageError

PACK = Path(__file__).with_name("pack")
FILE = "analytic.sql"
TUNING = "tuning.toml"


@dataclass(frozen=True, slots=True)
class Refused:
    """An analytic that did not take part."""

    id: str
    reason: str  # with file and line


@dataclass(frozen=True)
class AnalyticSet:
    """Analytics ready to run, by id; `tuning` has the site's values by analytic and threshold."""

    analytics: Mapping[str, Analytic]
    refused: tuple[Refused, ...] = ()
    tuning: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def chosen(self, ids: Collection[str]) -> "AnalyticSet":
        """Only those. Raises UsageError for an id that is not there."""
        for id in sorted(set(ids) - self.analytics.keys()):
            refused = next((each.reason for each in self.refused if each.id == id), "")
            raise UsageError(
                f"there is no analytic {id}" + (f": {refused}" if refused else ""),
                "`tocsin analytics list` names them.",
            )
        return replace(self, analytics={id: self.analytics[id] for id in sorted(ids)}, refused=())

    @property
    def digest(self) -> str:
        """BLAKE3 of what runs: ids and texts, wherever their files are, and the site's values."""
        texts = {id: analytic.text for id, analytic in self.analytics.items()}
        return blake3(msgspec.json.encode([texts, self.tuning], order="deterministic")).hexdigest()

    def statement(self, analytic: Analytic) -> str:
        """The analytic's SELECT with the site's values."""
        return analytic.statement(self.tuning.get(analytic.id))


def load_analytics(folders: Sequence[Path] = ()) -> AnalyticSet:
    """The pack, whose SQL its tests judge, and the site's folders.

    Raises UsageError for an absent folder or a tuning that fits nothing.
    """
    found: dict[str, Analytic] = {}
    refused: list[Refused] = []
    for folder in (PACK, *folders):
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}", "Name a folder of analytics (docs/analytics.md).")
        for id, path in _files(folder):
            try:
                found[id] = parse_analytic(id, _text(path), str(path), judged=folder is PACK)
            except TocsinError as error:
                refused.append(Refused(id, str(error)))
    tuning: dict[str, dict[str, float]] = {}
    for path in (folder / TUNING for folder in folders):
        if path.is_file():
            _tune(path, found, tuning)
    return AnalyticSet(dict(sorted(found.items())), tuple(refused), tuning)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        if (path / FILE).is_file():
            yield path.name, path / FILE
        elif path.suffix == ".sql" and path.is_file():
            yield path.stem, path


def _text(path: Path) -> str:
    if path.stat().st_size > limits.RULE_FILE_BYTES:
        raise RuleError(f"{path}:1: larger than {limits.RULE_FILE_BYTES:,} bytes")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise RuleError(f"{path}:1: not UTF-8: {error.reason} at byte {error.start}") from error


def _tune(path: Path, found: dict[str, Analytic], tuning: dict[str, dict[str, float]]) -> None:
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "A table an analytic, `threshold = number` in it.") from error
    for id, values in given.items():
        analytic = found.get(id)
        if analytic is None or not isinstance(values, dict):
            raise UsageError(f"{path}: there is no analytic {id}", "`tocsin analytics list` names them.")
        known = {each.name for each in analytic.thresholds} | {"enabled"}
        for name, value in values.items():
            if name not in known or not isinstance(value, int | float):
                raise UsageError(f"{path}: {id}.{name} is no threshold", f"Known are {', '.join(sorted(known))}.")
        if values.pop("enabled", True) is False:
            del found[id]
        tuning[id] = {name: float(value) for name, value in values.items()}
