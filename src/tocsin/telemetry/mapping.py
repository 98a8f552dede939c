"""Mapping files: a text format described in TOML instead of code.

    name = "fortigate"                  # id of the reader; also the name for --format
    title = "FortiGate (key=value)"     # for people
    table = "fortigate"                 # where the rows go
    form = "key-value"                  # key-value | delimited | regex | json
    recognise = 'devname=.*logid='      # RE2, found in a line of this format; parsing begins at a group named body

    [time]
    fields = ["eventtime", "date time"] # tried in order; names with a blank between are joined
    format = "%d.%m.%Y %H:%M"           # optional strptime format for what Tocsin cannot read itself
    zone = "Europe/Athens"              # optional: the zone of times without one, before --tz

    [rename]
    srcip = "src_ip"

    [delimited]                         # form = "delimited"
    delimiter = ","
    columns = ["a", "b"]                # or, when a value chooses among several layouts:
    selector = 4                        # its place, from 1
    [delimited.layouts]
    TRAFFIC = ["a", "b"]

    [regex]                             # form = "regex"
    patterns = ['^(?P<host>\\S+) (?P<what>.*)$']   # RE2, the first that is found gives its groups

    [alert]                             # the lines are alerts of another product: see `alert_mapping`

In form `delimited` a line that repeats the names of the columns is a header. In form `json` a line is one object, whose
nested names are joined by dots. With `[alert]` the table is `mapped_alert`, and `table` may be left out.
A mistake is a UsageError that names file and line. Regular expressions run in RE2, so no pattern is catastrophic.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import re2

from tocsin import limits
from tocsin.errors import UsageError
from tocsin.telemetry import alert_mapping
from tocsin.telemetry.alert_mapping import AlertMapping

FORMS = ("key-value", "delimited", "regex", "json")
PATTERN_MEMORY_BYTES = limits.REGEX_MEMORY_BYTES
_KEYS = {
    "": ("name", "title", "table", "form", "recognise", "time", "rename", "delimited", "regex", "alert"),
    "time": ("fields", "format", "zone"),
    "delimited": ("delimiter", "columns", "selector", "layouts"),
    "regex": ("patterns",),
    "alert": alert_mapping.KEYS,
    "from": alert_mapping.LEVELS,
    "otherwise": ("level",),
}
_TABLE_NAME = re2.compile(r"^[a-z][a-z0-9_]{0,62}$")
_TOML_LINE = re.compile(r"\(at line (\d+),")
_ADVICE = "See the mapping files that come with Tocsin (tocsin/telemetry/mappings) for examples."
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class TextMapping:
    """A format described by a mapping file. `recognise` and `patterns` are compiled RE2 expressions."""

    name: str
    title: str
    table: str
    form: str
    recognise: re2._Regexp
    time_fields: tuple[tuple[str, ...], ...] = ()
    time_format: str = ""
    zone: ZoneInfo | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    selector: int = 0  # place from 1 of the value that chooses a layout; 0: one layout under ""
    layouts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: tuple[re2._Regexp, ...] = ()
    alert: AlertMapping | None = None


def load_mapping(path: Path) -> TextMapping:
    """Read and check one mapping file. Raises UsageError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", _ADVICE) from error
    if len(text) > limits.RULE_FILE_BYTES:
        raise UsageError(f"{path}: longer than {limits.RULE_FILE_BYTES} characters", _ADVICE)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        line = place[1] if place else len(text.splitlines())
        raise UsageError(f"{path}:{line}: {error}", _ADVICE) from error
    return _Checker(path, text).mapping(data)


class _Checker:
    """Turns the decoded file into a mapping; knows where each key stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def mapping(self, data: Mapping[str, object]) -> TextMapping:
        self._known("", data)
        time, cut, expressions = (self._section(data, name) for name in ("time", "delimited", "regex"))
        form = self._choice(data, "form", FORMS)
        return TextMapping(
            name=self._text(data, "name"),
            title=self._text(data, "title"),
            table=self._table(data, alert_mapping.TABLE if "alert" in data else None),
            form=form,
            recognise=self._pattern("recognise", self._text(data, "recognise")),
            time_fields=tuple(tuple(names.split()) for names in self._texts(time, "fields")),
            time_format=self._text(time, "format", ""),
            zone=self._zone(self._text(time, "zone", "")),
            rename={key: self._text(self._section(data, "rename"), key) for key in self._section(data, "rename")},
            delimiter=self._text(cut, "delimiter", ","),
            selector=self._selector(cut),
            layouts=self._layouts(cut) if form == "delimited" else {},
            patterns=self._patterns(expressions) if form == "regex" else (),
            alert=self._alert(self._section(data, "alert")) if "alert" in data else None,
        )

    def _fail(self, key: str, problem: str) -> UsageError:
        line = next((number for number, text in enumerate(self._lines, 1) if _defines(text, key)), 1)
        return UsageError(f"{self._path}:{line}: {key}: {problem}", _ADVICE)

    def _known(self, section: str, data: Mapping[str, object]) -> None:
        for key in data:
            if key not in _KEYS[section]:
                raise self._fail(key, f"unknown key; known here: {', '.join(_KEYS[section])}")

    def _section(self, data: Mapping[str, object], name: str) -> Mapping[str, object]:
        section = data.get(name, {})
        if not isinstance(section, dict):
            raise self._fail(name, "must be a section")
        if name in _KEYS:
            self._known(name, section)
        return section

    def _of_kind(self, data: Mapping[str, object], key: str, kind: type[Value], default: Value | None) -> Value:
        value = data.get(key, default)
        if value is None:
            raise self._fail(key, "is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._fail(key, f"must be a {kind.__name__}")
        return value

    def _text(self, data: Mapping[str, object], key: str, default: str | None = None) -> str:
        return self._of_kind(data, key, str, default)

    def _texts(self, data: Mapping[str, object], key: str) -> tuple[str, ...]:
        values = self._of_kind(data, key, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self._fail(key, "must be a list of strings")
        return tuple(values)

    def _choice(self, data: Mapping[str, object], key: str, choices: tuple[str, ...]) -> str:
        value = self._text(data, key)
        if value not in choices:
            raise self._fail(key, f"{value!r} is none of {', '.join(choices)}")
        return value

    def _table(self, data: Mapping[str, object], only: str | None) -> str:
        table = self._text(data, "table", only)
        if only and table != only:
            raise self._fail("table", f"alerts go to the table {only}: leave this out")
        if not _TABLE_NAME.match(table):
            raise self._fail("table", f"{table!r} must be lower-case letters, digits and _")
        return table

    def _zone(self, name: str) -> ZoneInfo | None:
        try:
            return ZoneInfo(name) if name else None
        except (KeyError, ValueError, OSError) as error:
            raise self._fail("zone", f"{name!r} is no time zone") from error

    def _pattern(self, key: str, pattern: str) -> re2._Regexp:
        if len(pattern) > limits.REGEX_CHARACTERS:
            raise self._fail(key, f"longer than {limits.REGEX_CHARACTERS} characters")
        options = re2.Options()
        options.max_mem = PATTERN_MEMORY_BYTES
        options.log_errors = False
        try:
            return re2.compile(pattern, options)
        except re2.error as error:
            raise self._fail(key, f"not a regular expression for RE2: {error}") from error

    def _patterns(self, data: Mapping[str, object]) -> tuple[re2._Regexp, ...]:
        return tuple(self._pattern("patterns", pattern) for pattern in self._texts(data, "patterns"))

    def _alert(self, section: Mapping[str, object]) -> AlertMapping:
        self._text(section, "title")
        words, least, otherwise = (self._section(section, name) for name in ("levels", "from", "otherwise"))
        bounds = [(float(self._of_kind(least, level, int, None)), level) for level in least]
        return AlertMapping(
            product=self._text(section, "product"),
            columns={name: self._text(section, name) for name in alert_mapping.COLUMNS if name in section},
            levels={word.casefold(): self._choice(words, word, alert_mapping.LEVELS) for word in words},
            least=tuple(sorted(bounds, reverse=True)),
            otherwise=self._choice({"level": alert_mapping.DEFAULT_LEVEL, **otherwise}, "level", alert_mapping.LEVELS),
        )

    def _selector(self, data: Mapping[str, object]) -> int:
        selector = self._of_kind(data, "selector", int, 0)
        if not 0 <= selector <= limits.RECORD_FIELDS:
            raise self._fail("selector", f"must be a place from 1 to {limits.RECORD_FIELDS}")
        return selector

    def _layouts(self, data: Mapping[str, object]) -> Mapping[str, tuple[str, ...]]:
        if len(self._text(data, "delimiter", ",")) != 1:
            raise self._fail("delimiter", "must be one character")
        plain = self._texts(data, "columns")
        layouts = self._section(data, "layouts")
        if bool(plain) == bool(layouts):
            raise self._fail("delimited", "needs either columns or layouts")
        if plain:
            return {"": plain}
        if not data.get("selector"):
            raise self._fail("layouts", "need a selector: the place of the value that chooses one")
        return {name: self._texts(layouts, name) for name in layouts}


def _defines(line: str, key: str) -> bool:
    """Whether a line of TOML sets this key or opens this section."""
    start: Callable[[str], bool] = line.strip().startswith
    return (start(key) and line.strip()[len(key) :].lstrip()[:1] == "=") or start((f"[{key}]", f"[{key}."))  # type: ignore[arg-type]  # startswith takes a tuple too
