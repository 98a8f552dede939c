"""Odd texts in place of the values of the view cases: what foreign logs may hold, and engines may read otherwise."""

from collections.abc import Sequence

from sqlglot import exp

from tocsin.lake.view_files import load_views

ODD = (
    "", " ", "-", "0x", " 42 ", "-5", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "1e400", "nan", "true", "T", "null", "[]", '["a", "b"]', "{}", "[1", '"', '[{"type": "ip", "rrname": "a.example"}]',
    "a@b@c", "a/b/", "\\", "LAB\\anna", "x\ny", "ß ς 😀", "\x00", "'", "%_", "$1 \\1", "a" * 70_000,
)  # fmt: skip
KNOWN = ("0x1F", "4.7", "1e3", "1_000", "İ")
"""What Spark is known to read otherwise (docs/lake.md, "Spark"): numbers in integer columns, and `lower` of İ."""


def deciding(table: str) -> set[str]:
    """The columns that decide which rows of a table a view takes."""
    conditions = [
        branch.select.args["where"]
        for view in load_views()
        for branch in view.branches
        if branch.table == table and branch.select.args.get("where")
    ]
    return {name for condition in conditions for name in _columns(condition)}


def odd_rows(native: dict[str, str], table: str, texts: Sequence[str] = ODD) -> list[dict[str, str]]:
    """A native row once for each odd text, in place of each value that does not decide about the row; and mixed."""
    kept = deciding(table)
    same = [{name: value if name in kept else text for name, value in native.items()} for text in texts]
    turned = [
        {
            name: value if name in kept else texts[(at + step) % len(texts)]
            for step, (name, value) in enumerate(native.items())
        }
        for at in range(len(texts))
    ]
    return same + turned


def _columns(condition: exp.Expression) -> set[str]:
    return {column.name for column in condition.find_all(exp.Column)}
