"""Values given on the command line, read and checked before any work begins. Each raises UsageError with advice."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.errors import UsageError

_DAY = "2026-01-01"
PASSWORD_OPTION, HIDDEN = "--password", "***"


def read_time(text: str | None, option: str) -> datetime | None:
    """A time given on the command line."""
    from tocsin.node.found import moment
    from tocsin.telemetry.times import parse_time

    if text is None:
        return None
    parsed = parse_time(text if len(text) > len(_DAY) else f"{text}T00:00:00")
    if parsed is None:
        raise UsageError(f"{option}: {text!r} is not a time", "Write it like 2026-11-23 or 2026-11-23T14:30:00+01:00.")
    return moment(parsed)


def read_period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Both ends of a period; a day alone as its end means all of that day."""
    start, end = read_time(since, "--since"), read_time(until, "--until")
    if end is not None and until is not None and len(until) <= len(_DAY):
        end += timedelta(days=1) - timedelta(microseconds=1)
    if start and end and start > end:
        raise UsageError("--since is later than --until, so nothing could be found", "Exchange the two times.")
    return start, end


def read_zone(name: str) -> tzinfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"--tz: there is no zone {name!r}", "Use an IANA name such as Europe/Athens or UTC."
        ) from error


def read_values(path: Path | None) -> dict[str, list[str]]:
    """Placeholder values: a TOML file of `name = ["value", …]`."""
    import tomllib

    if path is None:
        return {}
    try:
        loaded = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--values: {path}: {error.strerror}", "Name a TOML file that you may read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--values: {path}: {error}", 'Write lines such as: admins = ["alice", "bob"]') from error
    return {name: [str(v) for v in (value if isinstance(value, list) else [value])] for name, value in loaded.items()}


def checked_mappings(paths: list[Path] | None) -> tuple[Path, ...]:
    """The mapping files, each read once here so that a fault is told before the scan. Raises UsageError."""
    from tocsin.telemetry.mapping import load_mapping

    for path in paths or ():
        load_mapping(path)
    return tuple(paths or ())


def told_command(arguments: Sequence[str]) -> str:
    """The command as the report tells it: passwords are nobody's business.

    >>> told_command(["scan", "a.zip", "--password", "infected", "--password=x"])
    'tocsin scan a.zip --password *** --password=***'
    """
    told: list[str] = []
    for argument in arguments:
        if told and told[-1] == PASSWORD_OPTION:
            told.append(HIDDEN)
        else:
            told.append(f"{PASSWORD_OPTION}={HIDDEN}" if argument.startswith(f"{PASSWORD_OPTION}=") else argument)
    return " ".join(("tocsin", *told))


def check_writable(*outputs: Path | None) -> None:
    """Refuse before a long scan what would fail after it. Raises UsageError."""
    for path in outputs:
        if path is not None and not path.parent.is_dir():
            raise UsageError(
                f"{path}: the folder {path.parent} does not exist", "Make it first, or name another place."
            )
        if path is not None and path.is_dir():
            raise UsageError(f"{path} is a folder", "Name a file.")
        if path is not None and (path.is_file() or not path.exists()):
            _try_writing(path)


def _try_writing(path: Path) -> None:
    """Open for writing as it will be done later; leaves no trace."""
    new = not path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "Name a file that you may write.") from error
    if new:
        path.unlink()


def read_wall_time(text: str, zone: str, option: str) -> datetime:
    """A moment: one that carries its zone as it is, any other as the wall of `zone` shows it. Raises UsageError."""
    from tocsin.triage.periods import from_wall

    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option}: {text!r} is not a time", "Write it like 2026-12-01T09:40 or 2026-12-01T09:40+01:00."
        ) from error
    return told if told.tzinfo else from_wall(told, read_zone(zone))
