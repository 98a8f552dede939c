"""What a review of rules says, as text or JSON."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tocsin.node.rule_review import Raised, RuleReview
    from tocsin.node.upkeep.rule_offers import Reviewed

SHOWN = 40  # rules in a text; JSON has all
REFUSED_SHOWN = 10  # refused rules in a text


def show(found: "Reviewed", days: int, as_json: bool) -> None:
    """Write it to stdout."""
    from dataclasses import asdict

    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    if as_json:
        said = asdict(found)
        typer.echo(json.dumps({**said.pop("review"), **said}))
        return
    for line in _lines(found, days):
        typer.echo(safe(line))


def _lines(found: "Reviewed", days: int) -> Iterator[str]:
    review = found.review
    counted = ", ".join(f"{found.changes.get(name, 0):,} {name}" for name in ("new", "changed", "gone", "same"))
    yield f"Rules: {counted}."
    yield from _refused(found)
    yield (
        f"Over the {review.events:,} events of the last {days} days the queue would have "
        f"{review.incidents_after:,} incidents by rules, and has {review.incidents_before:,}."
    )
    raising = [rule for rule in review.rules if rule.before != rule.after]
    for rule in raising[:SHOWN]:
        yield from _rule(rule)
    if len(raising) > SHOWN:
        yield f"{len(raising) - SHOWN:,} more rules raise something else: --json"
    silent = len(review.rules) - len(raising)
    if silent:
        yield f"{silent:,} rules that are new, changed or gone would have raised the same as now, most of them nothing."


def _refused(found: "Reviewed") -> Iterator[str]:
    if not found.left_out:
        return
    yield f"Left out: {found.left_out:,} rules, in files of which a rule is refused:"
    yield from (f"  {each.place}: {each.reason}" for each in found.refused[:REFUSED_SHOWN])
    if len(found.refused) > REFUSED_SHOWN:
        yield f"  {len(found.refused) - REFUSED_SHOWN:,} more: --json"


def _rule(rule: "RuleReview") -> Iterator[str]:
    yield f"{rule.change:<8}{rule.level or '-':<14}{rule.title}: {_counts(rule.before)} → {_counts(rule.after)}"
    yield from (f"          {example}" for example in rule.after.examples or rule.before.examples)


def _counts(raised: "Raised") -> str:
    return f"{raised.hits:,} hits, {raised.incidents:,} incidents"
