"""Regular expressions, in linear time only (RE2 syntax).

Rules:
1. A pattern that RE2 cannot compile within limits.REGEX_MEMORY_BYTES is refused with RE2's reason.
2. Patterns search anywhere in the value and see its case, unless they say otherwise.
3. `\\d`, `\\w`, `\\s`, `\\b` are ASCII, as in RE2.
4. `$` is the end of the value, also before a last line feed, as in PCRE, for which rules are written.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tocsin import limits
from tocsin.errors import RuleError

COMPILED_KEPT = 4_096  # compiled patterns held by one process
SEARCH_MEMORY_BYTES = 8 * limits.REGEX_MEMORY_BYTES  # room for 20 states of the largest pattern: a set has no way out
POSIX_CLASS = "[:"  # `[[:alpha:]]` is a class to RE2 and something else to Python


END = r"(?:\n?\z)"
DOLLARS = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\\\]])*\])|\$", re.DOTALL)
MULTILINE = re.compile(r"\(\?[a-zA-Z]*m")


def with_pcre_end(pattern: str) -> str:
    """The pattern with `$` also before a last line feed; unchanged where `$` means the ends of lines."""
    if MULTILINE.search(pattern):
        return pattern
    return DOLLARS.sub(lambda found: found[1] or END, pattern)


def compiled(pattern: str) -> object:
    """The pattern as RE2 compiles it. Raises RuleError if RE2 cannot run it within the bounds."""
    if len(pattern) > limits.REGEX_CHARACTERS:
        raise RuleError(f"regular expression longer than {limits.REGEX_CHARACTERS} characters")
    import re2

    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        raise RuleError(f"regular expression {pattern!r} cannot run in linear time: {_reason(error)}") from error


def _options() -> Any:
    import re2

    options = re2.Options()
    options.max_mem = limits.REGEX_MEMORY_BYTES
    options.log_errors = False
    options.never_capture = True
    return options


@lru_cache(maxsize=COMPILED_KEPT)
def searcher(pattern: str) -> Callable[[str], object]:
    """A function that gives something truthy if the pattern occurs in a text. Raises RuleError if RE2 cannot run it."""
    import re2

    compiled(pattern)
    options = _options()
    options.max_mem = SEARCH_MEMORY_BYTES
    searched = re2.Set.SearchSet(options)  # a set of one: four times faster from Python than a pattern's search
    searched.Add(pattern)
    searched.Compile()
    search: Callable[[str], object] = searched.Match
    return search


def _reason(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def required_literals(pattern: str) -> tuple[str, ...] | None:
    """Texts of which every match contains at least one; None if the pattern shows none.

    Python's parser of the same syntax reads the pattern; what it does not understand gives None.
    The caller compares folded texts, so case flags do not matter.
    """
    if POSIX_CLASS in pattern:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = re._parser.parse(pattern.replace(END, "$"))  # type: ignore[attr-defined]  # public until 3.11 as sre_parse
    except (re.error, RecursionError, OverflowError):
        return None
    return _best(list(parsed))


def _best(items: list[tuple[object, object]]) -> tuple[str, ...] | None:
    """The most selective requirement of a sequence: its longest literal run or its best group."""
    found: list[tuple[str, ...]] = []
    run = ""
    for operator, argument in [*items, (None, None)]:
        name = str(operator)
        if name == "LITERAL":
            run += chr(argument)  # type: ignore[arg-type]
            continue
        if run:
            found.append((run,))
            run = ""
        required = _required(name, argument)
        if required:
            found.append(required)
    return max(found, key=lambda texts: min(len(text) for text in texts), default=None)


def _required(name: str, argument: object) -> tuple[str, ...] | None:
    if name == "SUBPATTERN":
        return _best(list(argument[-1]))  # type: ignore[index]
    if name in {"MAX_REPEAT", "MIN_REPEAT"} and argument[0] > 0:  # type: ignore[index]
        return _best(list(argument[2]))  # type: ignore[index]
    if name == "BRANCH":
        branches = [_best(list(branch)) for branch in argument[1]]  # type: ignore[index]
        if all(branches):
            return tuple(text for branch in branches if branch for text in branch)
    return None
