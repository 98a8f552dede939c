"""Loading rules: files → pySigma → programs → a compiled rule set, from the cache where nothing changed.

Rules:
1. A rule that cannot run is in `refused` with file, line and reason. A rule whose log source no table serves is
   loaded and listed in `without_table`.
2. Rules that a correlation names without `generate: true` are `silent`: they are evaluated and raise no finding.
3. The fingerprint changes with any rule file's content or name, the placeholder values and the engine's version.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import msgspec
from blake3 import blake3

from tocsin.detect.sigma.cache import Cache
from tocsin.detect.sigma.compiled import Compiled, Lazy
from tocsin.detect.sigma.correlation_spec import CorrelationSpec
from tocsin.detect.sigma.logsource import DATA, LogSource
from tocsin.detect.sigma.refusal import Refusal
from tocsin.detect.sigma.rule_files import RuleFile, contents_hash, find_rule_files, manifest_hash, read_content
from tocsin.model import RuleInfo

ENGINE_VERSION = "5"
"""Change it with anything that changes what a compiled rule set means."""

Progress = Callable[[int, int], None]


class RuleSet:
    """All rules of a tree, ready for `Engine`. Cheap to make from the cache: parts are decoded on first use."""

    def __init__(self, compiled: Compiled) -> None:
        self.lazy = Lazy(compiled)
        self.fingerprint = compiled.fingerprint
        self.silent = frozenset(compiled.silent)

    def __len__(self) -> int:
        return len(self.lazy.compiled.programs)

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """What people are told about each rule; the position is the rule's number."""
        return self.lazy.infos

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Rules and files that cannot run, with the reason."""
        return self.lazy.refused

    @property
    def correlations(self) -> tuple[CorrelationSpec, ...]:
        """The correlation rules."""
        return self.lazy.correlations

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """Rule id → number."""
        return {info.id: number for number, info in enumerate(self.rules)}

    @property
    def sources(self) -> tuple[LogSource, ...]:
        """The log sources that the rules name, each once."""
        return self.lazy.compiled.sources

    @cached_property
    def rules_of_source(self) -> Mapping[int, tuple[int, ...]]:
        """Log source (number in `sources`) → rules."""
        found: dict[int, list[int]] = {}
        for rule, source in enumerate(self.lazy.rule_source.tolist()):
            found.setdefault(source, []).append(rule)
        return {source: tuple(rules) for source, rules in found.items()}

    @cached_property
    def without_table(self) -> tuple[int, ...]:
        """The rules that no table serves: they are loaded, and wait for a reader."""
        sources = self.lazy.compiled.sources
        return tuple(rule for rule, source in enumerate(self.lazy.rule_source) if not sources[source].rows)


def load_rules(
    paths: Sequence[Path],
    *,
    cache_dir: Path | None,
    values: Mapping[str, Sequence[str]] = {},
    progress: Progress | None = None,
) -> RuleSet:
    """The rules below the paths. `values` are those of placeholders; `progress` hears (files done, files).

    Raises UsageError where a path does not exist, LimitExceeded where there are too many files.
    """
    found_files = find_rule_files(paths)
    salt = _salt(values)
    cache = Cache(cache_dir, salt, paths) if cache_dir is not None else None
    manifest = manifest_hash(found_files)
    if cache and (found := cache.by_manifest(manifest)):
        return RuleSet(found)
    contents = [(file, read_content(file)) for file in found_files]
    fingerprint = blake3(f"{salt} {contents_hash(contents)}".encode()).hexdigest()
    if cache and (found := cache.by_fingerprint(fingerprint)):
        cache.store(found, manifest)
        return RuleSet(found)
    compiled = _build(contents, values, fingerprint, progress)
    if cache:
        cache.store(compiled, manifest)
    return RuleSet(compiled)


def cached_rules(paths: Sequence[Path], *, cache_dir: Path) -> RuleSet | None:
    """The rules below the paths as they were compiled before; None where any file was touched since.

    Raises like `load_rules`.
    """
    found = Cache(cache_dir, _salt({}), paths).by_manifest(manifest_hash(find_rule_files(paths)))
    return RuleSet(found) if found else None


def _salt(values: Mapping[str, Sequence[str]]) -> str:
    """A hash of what shapes compiled rules besides the rule files: engine, log source data, placeholder values."""
    data = sorted((file.name, file.read_bytes()) for file in files(DATA).iterdir() if file.name.endswith(".toml"))
    placeholders = sorted((name, list(each)) for name, each in values.items())
    return blake3(msgspec.msgpack.encode([ENGINE_VERSION, data, placeholders])).hexdigest()


def _build(
    contents: Sequence[tuple[RuleFile, bytes]],
    values: Mapping[str, Sequence[str]],
    fingerprint: str,
    progress: Progress | None,
) -> Compiled:
    from tocsin.detect.sigma.building import build

    return build(contents, values, fingerprint, progress)
