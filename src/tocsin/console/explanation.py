"""An explanation of a rule on an event as a tree in the terminal, or as JSON."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from tocsin.detect.sigma.explain import Explanation, NodeVerdict, TestVerdict
from tocsin.model import RuleInfo
from tocsin.sinks.terminal import safe

_VALUE_CHARACTERS = 160
_KINDS = {"and": "all of these", "or": "any of these", "not": "none of this", "tests": "any of these values"}


def explanation_json(explanation: Explanation) -> str:
    """The whole explanation as one JSON object."""
    return json.dumps(asdict(explanation), ensure_ascii=False, indent=2)


def print_explanation(rule: RuleInfo, event_id: str, explanation: Explanation) -> None:
    """The verdict first, then the log source, then the condition with every test."""
    out = Console(highlight=False)
    verdict = "fires on" if explanation.matched else "does not fire on"
    out.print(Text(f"“{safe(rule.title)}” {verdict} {safe(event_id)} (table {safe(explanation.table)}).", style="bold"))
    if not explanation.serves_table:
        out.print(f"The rule looks at {safe(rule.logsource)}, which this table never serves.")
        return
    source = Tree(_line(explanation.in_source, f"log source {safe(rule.logsource)}"))
    for clause in explanation.source:
        branch = source.add(_line(all(test.verdict for test in clause), "all of these"))
        for test in clause:
            branch.add(_test(test))
    out.print(source)
    if explanation.condition is not None:
        condition = Tree(_line(explanation.condition.verdict, "condition"))
        _grow(condition, explanation.condition)
        out.print(condition)


def _grow(tree: Tree, node: NodeVerdict) -> None:
    branch = tree.add(_line(node.verdict, _KINDS.get(node.kind, node.kind)))
    for child in node.children:
        _grow(branch, child)
    for test in node.tests:
        branch.add(_test(test))


def _test(test: TestVerdict) -> Text:
    column = f" (column {safe(test.column)})" if test.column and test.column != test.field else ""
    seen = "the event has no such field" if test.seen is None else f"seen: {_short(test.seen)}"
    return _line(test.verdict, f"{safe(test.field)}{column} {safe(test.operator)} {_short(test.wanted)} · {seen}")


def _short(text: str) -> str:
    clean = safe(text)
    return clean if len(clean) <= _VALUE_CHARACTERS else f"{clean[:_VALUE_CHARACTERS]}…"


def _line(verdict: bool, text: str) -> Text:
    return Text("yes  " if verdict else "no   ", style="green" if verdict else "red").append(text, style="default")
