"""The list of constituents as a CSV file, read: every faulty line is told with its number, and one refuses the file.

Rules:
1. The first line names the columns: id, name, organisations, netblocks, domains, contacts, language, sector, limit. id,
   name and contacts are needed; others may be left out. A column that is not known is an error, not passed over.
2. Columns are parted by comma, semicolon or tab. Several values in one cell are parted by `|`, or by blanks where none
   of them holds one (all but organisations). Where commas or tabs part the columns, `;` parts values too.
3. A netblock is written with its bits, and without bits of hosts: 192.0.2.0/24. A domain is in ASCII (`xn--…`).
4. The same netblock, domain or name in the logs for two constituents is an error that names both lines; of netblocks
   and domains inside each other the longest counts (triage.constituents).
5. `limit` is the strictest TLP label that they take; TLP:AMBER where nothing is said. A language that Tocsin does not
   speak is taken: they get English, and the mail says so.
"""

import csv
import io
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin import limits
from tocsin.errors import FactsError, SinkError, UsageError
from tocsin.policy.markings import Tlp, tlp_named
from tocsin.sinks import mail
from tocsin.triage.constituents import Constituent, same_netblocks

COLUMNS = ("id", "name", "organisations", "netblocks", "domains", "contacts", "language", "sector", "limit")
NEEDED = ("id", "name", "contacts")
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)  # RFC 5646, as far as it is used
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
_SHOWN = 60  # characters of a wrong value
_ADVICE = "Correct these lines; docs/constituents.md tells the columns."


@dataclass(frozen=True, slots=True)
class _Row:
    """A line: its number, its cells by column, and what parts values in a cell."""

    line: int
    cells: Mapping[str, str]
    separators: str

    def values(self, column: str, blanks: bool = True) -> list[str]:
        """The values of a cell."""
        parts = re.split(rf"[{self.separators}\s]+" if blanks else rf"[{self.separators}]", self.cells.get(column, ""))
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def parse_constituents(text: str, name: str) -> tuple[Constituent, ...]:
    """The constituents of a file that is called `name`. Raises FactsError with every line that is wrong."""
    faults: list[str] = []
    found: list[tuple[int, Constituent]] = []
    for row in _rows(text, name):
        read, wrong = _constituent(row)
        faults += [f"{name}:{row.line}: {each}" for each in wrong]
        found.append((row.line, read))
        if len(found) > limits.CONSTITUENTS or len(faults) > limits.CONSTITUENT_FAULTS:
            break
    if len(found) > limits.CONSTITUENTS:
        raise FactsError(f"{name}: more than {limits.CONSTITUENTS:,} constituents", "Take a smaller file.")
    faults += [f"{name}:{line}: {told}" for line, told in _twice(found)]
    if faults:
        raise FactsError("\n".join(faults[: limits.CONSTITUENT_FAULTS]), _ADVICE)
    if not found:
        raise FactsError(f"{name}: there is no constituent in it", _ADVICE)
    return tuple(each for _, each in found)


def _rows(text: str, name: str) -> Iterator[_Row]:
    first = next((line for line in text.split("\n") if line.strip() and not line.startswith("#")), "")
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                _check_columns(columns, f"{name}:{reader.line_num}")
            elif len(cells) > len(columns):
                raise FactsError(f"{name}:{reader.line_num}: {len(cells)} cells for {len(columns)} columns", _ADVICE)
            else:
                yield _Row(reader.line_num, dict(zip(columns, cells, strict=False)), "|" if delimiter == ";" else "|;")
    except csv.Error as error:
        raise FactsError(f"{name}:{reader.line_num}: {error}", "This is no CSV file that can be read.") from error


def _check_columns(columns: Sequence[str], where: str) -> None:
    unknown = [column for column in columns if column not in COLUMNS]
    missing = [column for column in NEEDED if column not in columns]
    if unknown or missing or len(set(columns)) < len(columns):
        told = f"unknown: {', '.join(unknown)[:_SHOWN]}" if unknown else f"missing: {', '.join(missing)}"
        told = told if unknown or missing else "one stands there twice"
        raise FactsError(f"{where}: these are not the columns ({told})", f"They are: {', '.join(COLUMNS)}.")


def _constituent(row: _Row) -> tuple[Constituent, list[str]]:
    """What a line says, and what is wrong in it."""
    wrong: list[str] = []

    def each(column: str, read: Callable[[str], str]) -> tuple[str, ...]:
        values = row.values(column)
        if len(values) > limits.CONSTITUENT_VALUES:
            wrong.append(f"{column}: more than {limits.CONSTITUENT_VALUES} values")
        return tuple(dict.fromkeys(_read(value, read, wrong) for value in values[: limits.CONSTITUENT_VALUES]))

    id, name = row.cells.get("id", "").strip(), row.cells.get("name", "").strip()
    if not _ID.fullmatch(id):
        wrong.append(f"the id {id[:_SHOWN]!r} is not 1 to 40 lower-case letters, digits, dots and dashes")
    if not name or len(name) > limits.LABEL_CHARACTERS:
        wrong.append(f"the name has not 1 to {limits.LABEL_CHARACTERS} characters")
    language = row.cells.get("language", "").strip() or "en"
    if not _LANGUAGE.fullmatch(language):
        wrong.append(f"{language[:_SHOWN]!r} is no language, such as en or sq")
    contacts = each("contacts", mail.address)
    if not contacts and not wrong:
        wrong.append("there is no contact: nobody could be told")
    names = tuple(value[: limits.LABEL_CHARACTERS] for value in row.values("organisations", blanks=False))
    limit = _limit(row.cells.get("limit", "").strip(), wrong)
    sector = row.cells.get("sector", "").strip()[: limits.LABEL_CHARACTERS]
    read = Constituent(
        id,
        name,
        names,
        each("netblocks", _netblock),
        each("domains", _domain),
        contacts,
        language.lower(),
        sector,
        limit,
    )
    return read, wrong


def _read(value: str, read: Callable[[str], str], wrong: list[str]) -> str:
    try:
        return read(value)
    except (ValueError, SinkError) as error:
        wrong.append(str(error))
        return value


def _netblock(text: str) -> str:
    if "/" not in text:
        raise ValueError(f"{text[:_SHOWN]!r} is no netblock with its bits, such as 192.0.2.0/24")
    return str(ipaddress.ip_network(text))


def _domain(text: str) -> str:
    domain = text.lower().strip(".")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{text[:_SHOWN]!r} is no domain of at least two labels in ASCII (xn--…)")
    return domain


def _limit(text: str, wrong: list[str]) -> Tlp:
    try:
        return tlp_named(text) if text else Tlp.AMBER
    except UsageError as error:
        wrong.append(f"limit: {error}")
        return Tlp.CLEAR


def _twice(found: Sequence[tuple[int, Constituent]]) -> Iterator[tuple[int, str]]:
    """What two lines say both."""
    lines: dict[str, int] = {}
    for line, each in found:
        if each.id in lines:
            yield line, f"the id {each.id!r} stands in line {lines[each.id]} too"
        lines.setdefault(each.id, line)
    for first, second, what in same_netblocks([each for _, each in found]):
        yield (
            found[second][0],
            f"{what[:_SHOWN]} stands in line {found[first][0]} too: it can be one constituent's only",
        )
