"""The section `[alert]` of a mapping file: which columns of a site's own alerts say what.

    [alert]
    product = "Acme SIEM"            # whose alerts they are
    title = "rule_name"              # the column that names what was found
    rule = "rule_id"                 # optional columns from here on; without a rule id the title is the id
    severity = "prio"
    technique = "mitre"              # a text with ids of ATT&CK techniques
    host = "computer"
    user = "account"
    src_ip = "source"                # also src_port, dst_ip, dst_port, domain, url, file, hash, process, message

    [alert.levels]                   # the product's own words for its severities, without regard to case …
    "P1" = "critical"

    [alert.from]                     # … or the least number of each level
    low = 4
    medium = 7

    [alert.otherwise]
    level = "medium"                 # what neither says; medium where this is left out

Columns are named as the log names them, or as `[rename]` does. The rows go to the table `mapped_alert`, with all their
own columns and what this section says beside them (`alert_title`, `alert_severity_id`, …).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan

TABLE = "mapped_alert"
LEVELS = ("informational", "low", "medium", "high", "critical")
"""Weakest first: the OCSF severity is the place from 1."""
DEFAULT_LEVEL = "medium"
COLUMNS = (
    "title", "rule", "severity", "technique", "host", "user", "src_ip", "src_port", "dst_ip", "dst_port", "domain",
    "url", "file", "hash", "process", "message",
)  # fmt: skip
"""What an alert may say, by the names of the section."""
KEYS = ("product", *COLUMNS, "levels", "from", "otherwise")


@dataclass(frozen=True, slots=True)
class AlertMapping:
    """`columns` gives the log's column for each of COLUMNS that it has; `levels` has folded words."""

    product: str
    columns: Mapping[str, str]
    levels: Mapping[str, str] = field(default_factory=dict)
    least: tuple[tuple[float, str], ...] = ()  # least number and its level, highest first
    otherwise: str = DEFAULT_LEVEL


def alert_fields(alert: AlertMapping, row: Mapping[str, object]) -> dict[str, object]:
    """What the section adds to a row; without a title the product stands for it."""
    told: dict[str, object] = {
        f"alert_{name}": row[column] for name, column in alert.columns.items() if row.get(column) not in (None, "")
    }
    level = severity_level(alert, str(told.get("alert_severity", "")))
    told["alert_product"] = alert.product
    told["alert_severity_id"] = str(LEVELS.index(level) + 1)
    told.setdefault("alert_title", alert.product)
    return told


def severity_level(alert: AlertMapping, severity: str) -> str:
    """The level of a severity in the product's own words."""
    word = alert.levels.get(severity.strip().casefold())
    if word is not None:
        return word
    try:
        number = float(severity)
    except ValueError:
        return alert.otherwise
    if isnan(number):
        return alert.otherwise
    return next((level for least, level in alert.least if number >= least), _below(alert))


def _below(alert: AlertMapping) -> str:
    """A number below the least of all is of the level below, where numbers were described at all."""
    return LEVELS[0] if alert.least else alert.otherwise
