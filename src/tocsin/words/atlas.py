"""MITRE ATLAS in words: the names of techniques against and with artificial intelligence.

Rules:
1. The vocabulary is release VERSION: 120 techniques and 88 sub-techniques.
2. A sub-technique is named with its technique, as ATLAS's own pages do: `LLM Prompt Injection: Indirect`.
3. Ids that ATLAS has retired keep their name, but are not `known`; an id that never was is its own name.
4. Ids compare without regard to case.

The data file carries MITRE's notice.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PREFIX = "AML."
_TECHNIQUE_CHARACTERS = len("AML.T0000")


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    version: str
    techniques: dict[str, str]
    retired: dict[str, str]


@cache
def _vocabulary() -> _Vocabulary:
    data = json.loads(files("tocsin.words").joinpath("atlas.json").read_text(encoding="utf-8"))
    return _Vocabulary(data["version"], data["techniques"], data["retired"])


VERSION: str = _vocabulary().version
"""The release, by month."""


def known(technique: str) -> bool:
    """Whether it is a technique of this release."""
    return technique.upper() in _vocabulary().techniques


def technique_name(technique: str) -> str:
    """`AI Service API` for AML.T0096; the id itself when it is unknown.

    >>> technique_name("AML.T0051.001")
    'LLM Prompt Injection: Indirect'
    """
    identifier = technique.upper()
    names = _vocabulary().techniques | _vocabulary().retired
    parent = identifier[:_TECHNIQUE_CHARACTERS]
    if identifier not in names or identifier == parent:
        return names.get(identifier, identifier)
    return f"{names[parent]}: {names[identifier]}"
