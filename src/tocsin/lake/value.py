"""A value to look for in everything that is kept: an address, a name, an account.

Rules:
1. It counts where it stands as a word of its own, whatever its case: `10.0.0.5` is not found in `10.0.0.55`, and
   `anna` not in `joanna`. Letters, digits and `_` make words.
2. In JSON text it may stand escaped; those spellings count too.
3. RE2 looks through columns and Python through single texts, with the same pattern.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.errors import UsageError

LEAST_CHARACTERS = 3  # shorter values are everywhere
ERASED = "[erased]"


@dataclass(frozen=True)
class Value:
    """What is looked for. Its text form does not show it."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.text.strip()) < LEAST_CHARACTERS or "\n" in self.text:
            raise UsageError(
                f"a value to look for has at least {LEAST_CHARACTERS} characters, in one line", "Name it in full."
            )

    @cached_property
    def _spellings(self) -> str:
        spelled = {self.text, *(json.dumps(self.text, ensure_ascii=plain)[1:-1] for plain in (True, False))}
        return "|".join(re.escape(each) for each in sorted(spelled, key=len, reverse=True))

    @cached_property
    def _python(self) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{self._spellings})(?!\w)", re.IGNORECASE)

    @cached_property
    def _re2(self) -> str:
        word = r"[^\pL\pN_]"
        return rf"(?i)(?:^|{word})(?:{self._spellings})(?:$|{word})"

    def is_in(self, text: str) -> bool:
        """Whether a text holds it."""
        return self._python.search(text) is not None

    def without(self, text: str) -> str:
        """The text with a mark in its place."""
        return self._python.sub(ERASED, text)

    def rows(self, table: pa.Table) -> pa.ChunkedArray:
        """For each row of a table whether any of its columns of text holds it."""
        found = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
        for column in table.columns:
            if self._is_text(column.type):
                found = pc.or_(found, pc.fill_null(self._matches(column), False))
        return found

    @staticmethod
    def _is_text(kind: pa.DataType) -> bool:
        own = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(own) or pa.types.is_large_string(own))

    def _matches(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """A dictionary is looked through once a value, not once a row."""
        if not pa.types.is_dictionary(column.type):
            return pc.match_substring_regex(column, self._re2)
        parts = [pc.match_substring_regex(each.dictionary, self._re2).take(each.indices) for each in column.chunks]
        return pa.chunked_array(parts, pa.bool_())
