"""What a rule's field holds in one row: the column that the row's own log source means.

A log source may have several sets of rows that name a field differently: in Security 4688 `ProcessId` is the creator,
in Sysmon it is the new process. So the row decides, not the rule.
"""

from tocsin.detect.sigma.columns import BatchColumns
from tocsin.detect.sigma.logsource import Clause, Rows, candidates, predicate_columns
from tocsin.detect.sigma.ruleset import RuleSet
from tocsin.detect.sigma.texts import fold
from tocsin.model import Batch


class FieldReader:
    """Reads fields of a batch by the names that rules use."""

    def __init__(self, ruleset: RuleSet, batch: Batch) -> None:
        self._lazy = ruleset.lazy
        self._table = batch.table
        self._columns = BatchColumns(batch)
        self._served: dict[int, list[Rows]] = {}

    def text(self, rule: int, row: int, field: str) -> str | None:
        """The field's text in a row that the rule matched, None where it is missing."""
        served = self._rows_of(rule)
        chosen = served if len(served) == 1 else [rows for rows in served if self._serves(rows, row)]
        return self._cell(candidates(chosen[0], field), row) if chosen else None

    def _rows_of(self, rule: int) -> list[Rows]:
        """The row sets of the rule's log source in this table, those with the same names for fields once."""
        found = self._served.get(rule)
        if found is None:
            source = self._lazy.compiled.sources[int(self._lazy.rule_source[rule])]
            every = [Rows(self._table, rows.where, rows.fields) for rows in source.rows if rows.serves(self._table)]
            alike = len({rows.fields for rows in every}) == 1
            found = self._served[rule] = every[:1] if alike else every
        return found

    def _serves(self, rows: Rows, row: int) -> bool:
        return not rows.where or any(self._holds(clause, row) for clause in rows.where)

    def _holds(self, clause: Clause, row: int) -> bool:
        for name, values in clause.columns:
            text = self._cell(predicate_columns(self._table, name), row)
            fits = not values if text is None else fold(text) in values
            if not fits:
                return False
        return True

    def _cell(self, keys: tuple[str, ...], row: int) -> str | None:
        column = self._columns.resolve(keys)
        code = -1 if column is None else column.codes.item(row)
        return column.raw((code,))[0] if column is not None and code >= 0 else None
