"""Indicators of texts: lists with one a line, mails, reports, whatever was copied out of a PDF.

Rules:
1. Where every line is one indicator (`#` begins a comment) it is a list, and a line that is none is told.
2. In a running text URLs, addresses, hashes, mail addresses and names are looked for, defanged ones and plain ones.
3. Where a text defangs, a plain link, name or mail address in it is one that its author lets people open: a reference,
   a sender. It is told and left out.
4. A name has to look like one: at least two labels, the last of letters, and no program's or document's ending.
"""

import re
from collections.abc import Iterator

from tocsin import limits
from tocsin.detect.indicators.entry import Entry, Unread
from tocsin.detect.indicators.given import Given, Said, entry_of
from tocsin.errors import LimitExceeded
from tocsin.lake.indicators import is_file_name, refanged
from tocsin.words.messages import mark, say

_FANG = re.compile(
    r"hxxp|h\*\*p|\bfxps?:|\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\[:\]|\[://\]|\[@\]|\[at\]|\\\.", re.IGNORECASE
)
_WORD = re.compile(r"[^\s<>\"'`|,;]{3,2048}")
_URL = re.compile(r"(?i)\b(?:https?|ftps?)://\S{4,2000}")
_HASH = re.compile(r"(?i)(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-f])")
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?i)(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}(?![\w:])")
_MAIL = re.compile(r"(?i)[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])")
_NAME = re.compile(r"(?i)(?<![\w@./\\=-])(?:[a-z0-9_](?:[\w-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\w@-])")
_ENDS = ".,;:!?)]}>\"'"
_REFERENCE = mark("written without brackets beside values that have them: most likely a reference")
_CLICKABLE = frozenset({"uri", "domain", "account"})


def is_list(text: str) -> bool:
    """Whether each line is one value."""
    lines = [_line(line) for line in text.splitlines()]
    return all(len(line.split()) <= 1 for line in lines) and any(lines)


def read_list(text: str, given: Given) -> Iterator[Entry | Unread]:
    """What the lines give. Raises LimitExceeded for too many lines."""
    for number, line in enumerate(text.splitlines(), 1):
        if number > limits.INDICATOR_OBJECTS:
            raise LimitExceeded(f"more than {limits.INDICATOR_OBJECTS:,} lines", "Split the file.")
        value = _line(line)
        if value:
            found = entry_of(value, "", Said(), given)
            yield Unread(f"line {number}: {found.what}", found.why) if isinstance(found, Unread) else found


def read_prose(text: str, given: Given) -> Iterator[Entry | Unread]:
    """What stands in a running text, each value once. Raises LimitExceeded for too many candidates."""
    defangs = _FANG.search(text) is not None
    seen: set[tuple[str, str]] = set()
    for word in _WORD.findall(text):
        fanged = _FANG.search(word) is not None
        for kind, value in _candidates(_plain(word)):
            if (kind, value.lower()) in seen:
                continue
            if len(seen) >= limits.INDICATOR_OBJECTS:
                raise LimitExceeded(f"more than {limits.INDICATOR_OBJECTS:,} values", "Split the text.")
            seen.add((kind, value.lower()))
            if defangs and not fanged and kind in _CLICKABLE:
                yield Unread(value[:120], say(_REFERENCE))
            else:
                yield entry_of(value, kind, Said(), given)


def _line(line: str) -> str:
    if "#" not in line:
        return line.strip().strip("\"',")
    return re.split(r"\s#|^#", line.strip(), maxsplit=1)[0].strip().strip("\"',")


def _plain(word: str) -> str:
    """The word as it was meant, without the brackets and signs around it."""
    text = word.lstrip("([{<\"'").replace("\\.", ".").replace("(dot)", ".")
    text = re.sub(r"(?i)h\*\*p", "http", text)
    return refanged(re.sub(r"(?i)hxxp", "hxxp", text)).rstrip(_ENDS)


def _candidates(word: str) -> Iterator[tuple[str, str]]:
    """Kinds and values in one word; a URL hides what is inside it."""
    url = _URL.search(word)
    if url:
        yield "uri", url[0].rstrip(_ENDS)
        return
    yield from (("hash", found) for found in _HASH.findall(word))
    mails = _MAIL.findall(word)
    yield from (("account", found) for found in mails)
    addresses = [*_IPV4.findall(word), *_IPV6.findall(word)]
    yield from (("ip", found) for found in addresses)
    if not mails and not addresses:
        yield from (("domain", found) for found in _NAME.findall(word) if not is_file_name(found))
