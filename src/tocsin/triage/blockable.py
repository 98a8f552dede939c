"""What the findings of an incident name that a block list could hold. Pure.

Rules:
1. Only findings of level medium or stronger count: the weak ones name what everybody calls.
2. Of a domain the whole names are taken that the evidence shows, not the registered part by which triage ties findings:
   whoever blocks `files.evil.example` may not want to block all of `evil.example`.
3. The values of the strongest findings come first.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from tocsin.model import Finding
from tocsin.triage.exceptions import is_queued
from tocsin.triage.keys import keys_of


def blockable(findings: Iterable[Finding], kinds: Collection[str]) -> tuple[str, ...]:
    """The values of these kinds (`ip`, `domain`), each once, in the order of the findings."""
    return tuple(dict.fromkeys(value for each in findings if is_queued(each) for value in _values(each, kinds)))


def _values(finding: Finding, kinds: Collection[str]) -> Iterator[str]:
    for key in keys_of(finding):
        kind, _, value = key.partition(":")
        if kind in kinds:
            yield from _whole_names(value, finding) if kind == "domain" else (value,)


def _whole_names(part: str, finding: Finding) -> list[str]:
    """Rule 2."""
    name = re.compile(rf"(?<![\w.-])(?:[\w-]{{1,63}}\.){{0,20}}{re.escape(part)}(?![\w-]|\.\w)", re.ASCII)
    texts = (text.casefold() for event in finding.evidence for text in event.fields.values())
    return sorted({found for text in texts if part in text for found in name.findall(text)}) or [part]
