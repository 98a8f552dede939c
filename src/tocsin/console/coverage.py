"""What `tocsin rules check` prints: loaded and refused rules, coverage by log source and ATT&CK technique."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.detect.sigma import RuleSet
from tocsin.detect.sigma.coverage import Coverage
from tocsin.sinks.terminal import safe
from tocsin.words.attack import TACTICS, tactic_name, tactics_of, technique_name

_SOURCES_SHOWN = 40


def print_check(rules: RuleSet, covered: Coverage) -> None:
    """Numbers first, then what was refused, then what is covered."""
    out = Console(highlight=False)
    waiting = len(rules.without_table)
    out.print(
        f"{len(rules.rules):,} rules and {len(rules.correlations):,} correlation rules loaded, "
        f"{len(rules.refused):,} refused, {waiting:,} wait for a log source that no reader gives."
    )
    for refusal in rules.refused:
        out.print(Text(safe(refusal.place), style="bold").append(f"  {safe(refusal.reason)}", style="default"))
    out.print()
    out.print(_sources(covered))
    if len(covered.sources) > _SOURCES_SHOWN:
        out.print(f"… and {len(covered.sources) - _SOURCES_SHOWN} more log sources (--json lists all).")
    out.print()
    out.print(_techniques(covered))


def _sources(covered: Coverage) -> Table:
    table = Table(title="Log sources", title_justify="left", box=None, pad_edge=False)
    table.add_column("rules", justify="right")
    table.add_column("category/product/service")
    table.add_column("tables that serve it")
    for entry in covered.sources[:_SOURCES_SHOWN]:
        table.add_row(f"{entry.rules:,}", safe(entry.logsource), ", ".join(entry.tables) or "none: these rules wait")
    return table


def _techniques(covered: Coverage) -> Table:
    rules: Counter[str] = Counter()
    techniques: Counter[str] = Counter()
    most: dict[str, tuple[int, str]] = {}
    for entry in covered.techniques:
        for tactic in tactics_of(entry.technique) or ("unknown",):
            rules[tactic] += entry.runnable
            techniques[tactic] += 1
            most[tactic] = max(most.get(tactic, (0, "")), (entry.runnable, entry.technique))
    table = Table(title="ATT&CK", title_justify="left", box=None, pad_edge=False)
    for name, justify in (("tactic", "left"), ("techniques", "right"), ("rules", "right"), ("most rules for", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left")
    order = {tactic.short: number for number, tactic in enumerate(TACTICS)}
    for tactic in sorted(techniques, key=lambda name: (order.get(name, len(order)), name)):
        best = most[tactic][1]
        table.add_row(
            tactic_name(tactic), f"{techniques[tactic]:,}", f"{rules[tactic]:,}", f"{best} {technique_name(best)}"
        )
    return table
