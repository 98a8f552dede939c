"""YAML documents of rule files, read within bounds.

Aliases are forbidden: they let a small file become a huge one. So are deep nesting and big files.
"""

from dataclasses import dataclass

import yaml
from sigma.rule import SigmaYAMLLoader

from tocsin import limits
from tocsin.errors import LimitExceeded, RuleError


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a rule file."""

    line: int  # where it starts, 1-based
    content: object


def read_documents(content: bytes) -> list[Document]:
    """All YAML documents of a rule file. Raises RuleError (with the line) or LimitExceeded."""
    if len(content) > limits.RULE_FILE_BYTES:
        raise LimitExceeded(f"the file is larger than {limits.RULE_FILE_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
        lines = _document_lines(text)
        documents = list(yaml.load_all(text, Loader=SigmaYAMLLoader))
    except UnicodeDecodeError as error:
        raise RuleError(f"the file is not UTF-8 (byte {error.start})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {_mark_line(mark)}: " if mark else ""
        raise RuleError(f"{where}not valid YAML: {_problem(error)}") from error
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise RuleError(f"not valid YAML: {error}") from error
    return [Document(line, document) for line, document in zip(lines, documents, strict=True)]


def _document_lines(text: str) -> list[int]:
    """The first line of every document, after checking aliases, depth and number of documents."""
    lines: list[int] = []
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise RuleError(f"line {_mark_line(event.start_mark)}: YAML aliases are not allowed (*{event.anchor})")
        if isinstance(event, yaml.DocumentStartEvent):
            lines.append(_mark_line(event.start_mark))
            if len(lines) > limits.RULE_DOCUMENTS:
                raise LimitExceeded(f"more than {limits.RULE_DOCUMENTS} documents in one file")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > limits.RULE_DEPTH:
                raise LimitExceeded(f"line {_mark_line(event.start_mark)}: nested deeper than {limits.RULE_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return lines


def _mark_line(mark: object) -> int:
    return int(getattr(mark, "line", 0)) + 1


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error)
