"""The SQL profile: what Tocsin's SQL avoids, because it gives other rows on Spark, fails there, or is not exact.

Views and analytics run on DuckDB in the process and, transpiled by sqlglot, on Spark, with the same rows out. Of 57
constructs that passed sqlglot without a warning, 8 failed on Spark and 9 gave other rows (LAKE.md); these are named
here with what to write instead. Three more came from running every analytic on Spark (`make test-spark`): a POSIX class
in a regular expression gave other rows; several count(DISTINCT …), or one with FILTER, beside an ordered string_agg
failed. `benchmarks/spark_views.py` compares the views on both engines.

Rules:
1. The check reads tokens, not a tree: it sees the functions as they are written, and knows the line.
2. It finds what it names; a construct that nobody has measured yet passes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import TokenError

from tocsin.errors import LakeError

_BUCKETS = "buckets are time_us // width * width"
_NAMES = {
    "quantile_cont": "a quantile is the row that row_number gives",
    "quantile": "a quantile is the row that row_number gives",
    "median": "a quantile is the row that row_number gives",
    "time_bucket": _BUCKETS,
    "date_diff": "differences are those of time_us",
    "datediff": "differences are those of time_us",
    "date_part": "parts of a time come from time_us with // and %",
    "dayofweek": "parts of a time come from time_us with // and %",
    "extract": "parts of a time come from time_us with // and %",
    "list_sum": "sum rows before they become a list",
    "list_slice": "number the rows with row_number and filter",
    "array_slice": "number the rows with row_number and filter",
    "histogram": "count with GROUP BY",
    "hash": "use md5",
}
_BEGINNINGS = {
    "epoch": "every row has time_us",
    "approx_": "exact answers only: count(DISTINCT …), row_number",
}
_TYPES = {
    TokenType.ASOF: ("ASOF", "use a range window or lag"),
    TokenType.ARROW: ("-> (lambda or JSON)", "unnest and join; JSON is json_extract_string"),
    TokenType.DARROW: ("->> (JSON)", "JSON is json_extract_string"),
}
_ENDS = {TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.SEMICOLON}
_LIKE = {TokenType.LIKE, TokenType.ILIKE, TokenType.GLOB}
_LOOK_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
_POSIX = re.compile(r"\[:\^?[a-z]+:\]")


@dataclass(frozen=True, slots=True)
class Offence:
    """One construct outside the profile."""

    where: str  # file:line
    construct: str
    instead: str

    def __str__(self) -> str:
        return f"{self.where}: {self.construct} is outside the SQL profile: {self.instead}"


def offences(sql: str, file: str, first_line: int = 1) -> list[Offence]:
    """What of a statement is outside the profile; `first_line` is the statement's own in the file."""
    try:
        tokens = DuckDB().tokenize(sql)
    except TokenError as error:
        raise LakeError(f"{file}:{first_line}: this is not SQL: {error}") from error
    return [
        Offence(f"{file}:{first_line + tokens[at].line - 1}", construct, instead)
        for at in range(len(tokens))
        for construct, instead in _at(tokens, at)
    ]


def _at(tokens: Sequence[Token], at: int) -> Iterator[tuple[str, str]]:
    """What begins at one token."""
    token = tokens[at]
    kind = token.token_type
    following = tokens[at + 1 : at + 3]
    if kind in _TYPES:
        yield _TYPES[kind]
    if _is(following, TokenType.L_PAREN) and kind != TokenType.STRING:
        yield from _call(tokens, at)
    if kind in _LIKE and _is(following, TokenType.STRING) and "\\" in following[0].text:
        yield "a backslash in LIKE", "use contains, starts_with or chr(92)"
    if kind == TokenType.STRING and any(each in token.text for each in _LOOK_AROUND):
        yield "look-around in a regular expression", "RE2 has none: test twice"
    if kind == TokenType.STRING and _POSIX.search(token.text):
        yield "a POSIX class in a regular expression", "Java reads [[:space:]] as six letters: name the characters"
    if kind == TokenType.SELECT:
        yield from _aggregates(tokens, at)
    if token.text.upper() == "BY" and _is(following, None, "NAME"):
        yield "UNION BY NAME", "name the columns in order"
    if kind == TokenType.L_BRACKET and _has_inside(tokens, at, {TokenType.COLON}):
        yield "a list slice", "number the rows with row_number and filter"
    if kind == TokenType.QUALIFY and _selects_star(tokens[:at]):
        yield "QUALIFY with *", "name the columns, or filter in an outer SELECT"


def _call(tokens: Sequence[Token], at: int) -> Iterator[tuple[str, str]]:
    name = tokens[at].text.lower()
    if name in _NAMES:
        yield f"{name}()", _NAMES[name]
    for beginning, instead in _BEGINNINGS.items():
        if name.startswith(beginning):
            yield f"{name}()", instead
    if name in {"array_agg", "list"} and _has_inside(tokens, at + 1, {TokenType.ORDER_BY}):
        yield f"an ordered {name}()", "use string_agg, or number the rows with row_number"


def _aggregates(tokens: Sequence[Token], select: int) -> Iterator[tuple[str, str]]:
    """What the SELECT that begins here asks of its groups together; inner SELECTs are asked themselves."""
    distinct: set[str] = set()
    ordered = filtered = False
    for at in _own(tokens, select):
        name = tokens[at].text.lower()
        if name == "count" and _is(tokens[at + 2 : at + 3], TokenType.DISTINCT):
            words, after = _inside(tokens, at + 1)
            distinct.add(words)
            filtered |= _is(tokens[after : after + 1], TokenType.FILTER)
        ordered |= name == "string_agg" and _has_inside(tokens, at + 1, {TokenType.ORDER_BY})
    instead = "count in one step, list in another, and join"
    if ordered and filtered:
        yield "count(DISTINCT …) FILTER beside an ordered string_agg()", instead
    elif ordered and len(distinct) > 1:
        yield "two count(DISTINCT …) beside an ordered string_agg()", instead


def _own(tokens: Sequence[Token], select: int) -> Iterator[int]:
    """Where the tokens of a SELECT are, until its own bracket or UNION ends it, without those of inner SELECTs."""
    depth = 0
    inner: list[int] = []  # depths at which an inner SELECT began
    for at in range(select + 1, len(tokens)):
        kind = tokens[at].token_type
        if kind == TokenType.L_PAREN:
            depth += 1
        elif kind == TokenType.R_PAREN:
            if inner and inner[-1] == depth:
                inner.pop()
            depth -= 1
        elif kind == TokenType.SELECT and depth:
            inner.append(depth)
        if depth < 0 or (not depth and kind in _ENDS):
            return
        if not inner:
            yield at


def _inside(tokens: Sequence[Token], opening: int) -> tuple[str, int]:
    """The words inside the bracket that opens there, and the place behind it."""
    depth = 0
    for at in range(opening, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[at].token_type, 0)
        if not depth:
            return " ".join(token.text for token in tokens[opening:at]), at + 1
    return "", len(tokens)


def _is(tokens: Sequence[Token], kind: TokenType | None, text: str = "") -> bool:
    return bool(tokens) and (tokens[0].token_type == kind if kind else tokens[0].text.upper() == text)


def _has_inside(tokens: Sequence[Token], opening: int, kinds: set[TokenType]) -> bool:
    """Whether one of the kinds stands directly inside the bracket that opens there."""
    depth = 0
    for token in tokens[opening:]:
        if token.token_type in {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}:
            depth += 1
        elif token.token_type in {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}:
            depth -= 1
        elif depth == 1 and token.token_type in kinds:
            return True
        if not depth:
            break
    return False


def _selects_star(before: Sequence[Token]) -> bool:
    """Whether the SELECT that these tokens end in begins with a star."""
    selects = [at for at, token in enumerate(before) if token.token_type == TokenType.SELECT]
    return bool(selects) and any(
        token.token_type == TokenType.STAR for token in before[selects[-1] + 1 : selects[-1] + 2]
    )
