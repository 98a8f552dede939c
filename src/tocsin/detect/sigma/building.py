"""Builds a compiled rule set from rule files. The slow way; the cache keeps the result.

Steps: 1. parse every file; 2. compile filters; 3. fill placeholders, compile conditions with their filters;
4. resolve log sources; 5. resolve correlations; 6. choose witnesses and compile the databases.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from sigma.rule import SigmaRule

from tocsin.detect.sigma.compiled import Compiled, packed
from tocsin.detect.sigma.compiling import LeafTable, compile_rule
from tocsin.detect.sigma.correlation_parsing import Index, correlation_specs
from tocsin.detect.sigma.correlation_spec import CorrelationSpec
from tocsin.detect.sigma.description import rule_info
from tocsin.detect.sigma.filters import Filters
from tocsin.detect.sigma.logsource import LogSource, resolve
from tocsin.detect.sigma.parsing import Parsed, Place, refusal
from tocsin.detect.sigma.placeholders import fill
from tocsin.detect.sigma.plan import field_plans, key_of
from tocsin.detect.sigma.program import Node
from tocsin.detect.sigma.refusal import Refusal
from tocsin.detect.sigma.rule_files import RuleFile
from tocsin.detect.sigma.witness import witnesses
from tocsin.model import RuleInfo

Progress = Callable[[int, int], None]


def build(
    contents: Sequence[tuple[RuleFile, bytes]],
    values: Mapping[str, Sequence[str]],
    fingerprint: str,
    progress: Progress | None,
) -> Compiled:
    """Compile all rules of the files."""
    parsed = Parsed()
    for done, (file, content) in enumerate(contents, 1):
        parsed.add_file(file, content)
        if progress:
            progress(done, 2 * len(contents))
    drafts = _Drafts(values, parsed, Filters.of(parsed, values))
    for done, (place, rule) in enumerate(parsed.rules, 1):
        drafts.add(place, rule)
        if progress:
            progress(len(contents) + done * len(contents) // len(parsed.rules), 2 * len(contents))
    correlations, silent, refused = correlation_specs(parsed.correlations, drafts.index)
    drafts.refused += [*refused, *drafts.filters.idle()]
    return drafts.compiled(fingerprint, correlations, silent)


@dataclass
class _Drafts:
    """Compiled rules while they are collected."""

    values: Mapping[str, Sequence[str]]
    parsed: Parsed
    filters: Filters
    infos: list[RuleInfo] = field(default_factory=list)
    programs: list[Node] = field(default_factory=list)
    rule_source: list[int] = field(default_factory=list)
    sources: dict[LogSource, int] = field(default_factory=dict)
    table: LeafTable = field(default_factory=LeafTable)
    index: Index = field(default_factory=Index)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, place: Place, rule: SigmaRule) -> None:
        """Compile one rule, or note why it cannot run."""
        try:
            fill(rule.detection, self.values)
            program = compile_rule(rule, self.table, self.filters.of_rule(rule))
        except Exception as error:  # foreign data may break pySigma anywhere: the rule is refused, the rest goes on
            self.refused.append(refusal(place, rule.id, rule.title, error))
            return
        source = resolve(rule.logsource.category or "", rule.logsource.product or "", rule.logsource.service or "")
        number = len(self.infos)
        info = rule_info(rule, place, source.text)
        if info.id in self.index.rules:  # documents of one file may share the id of their global part
            info = replace(info, id=f"{info.id}#{place.number + 1}")
        self.infos.append(info)
        self.index.add(info.id, rule.name, number, place.name)
        self.programs.append(program)
        self.rule_source.append(self.sources.setdefault(source, len(self.sources)))

    def compiled(self, fingerprint: str, correlations: list[CorrelationSpec], silent: Sequence[int]) -> Compiled:
        """Everything as plain data."""
        leaves = self.table.leaves
        chosen = [witnesses(program, leaves) for program in self.programs]
        by_leaf: list[list[int]] = [[] for _ in leaves]
        keys: list[set[str]] = [set() for _ in self.sources]
        free: list[list[int]] = [[] for _ in self.sources]
        for rule, (source, found) in enumerate(zip(self.rule_source, chosen, strict=True)):
            for leaf in found:
                by_leaf[leaf].append(rule)
                keys[source].add(key_of(leaves[leaf]))
            if not found:
                free[source].append(rule)
        starts = [0]
        for rules in by_leaf:
            starts.append(starts[-1] + len(rules))
        used = {number for number, rules in enumerate(by_leaf) if rules}
        return Compiled(
            fingerprint=fingerprint,
            infos=_raw(self.infos),
            refused=_raw(sorted(self.parsed.refused + self.refused, key=lambda each: (each.path, each.line))),
            correlations=_raw(correlations),
            silent=tuple(silent),
            sources=tuple(self.sources),
            rule_source=packed(self.rule_source),
            programs=tuple(_raw(program) for program in self.programs),
            leaves=tuple(_raw(leaf) for leaf in leaves),
            source_keys=tuple(tuple(sorted(each)) for each in keys),
            unwitnessed=tuple(tuple(each) for each in free),
            witness_starts=packed(starts),
            witness_rules=packed([rule for rules in by_leaf for rule in rules]),
            fields=field_plans(leaves, used),
        )


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))
