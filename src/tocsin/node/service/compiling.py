"""The rules of a running node, compiled in a process of their own: what pySigma needs for that goes with it.

Compiling thousands of rules leaves a hundred MiB in whoever does it, for as long as it lives, and engine and analyst
need the same rules at the same time. So one child compiles them into the node's cache, and both read them there.
"""

import fcntl
import multiprocessing
import signal
from collections.abc import Sequence
from pathlib import Path

from tocsin.detect.sigma import RuleSet, cached_rules, load_rules
from tocsin.errors import TocsinError
from tocsin.node.forking import end_with
from tocsin.node.service.part import Part, rule_paths
from tocsin.node.service.reloading import Attempt

LOCK = ".compiling"


def node_rules(part: Part) -> Attempt[RuleSet]:
    """The rules of the configuration. Raises what `load_rules` does."""
    paths, cache = rule_paths(part.folder, part.config), part.folder.cache
    rules = cached_rules(paths, cache_dir=cache)
    if rules is None:
        compile_aside(paths, cache)
        rules = load_rules(paths, cache_dir=cache)  # from the cache; compiled here where that could not be written
    return Attempt(rules, tuple(f"{each.path}:{each.line}: {each.reason}" for each in rules.refused))


def compile_aside(paths: Sequence[Path], cache: Path) -> None:
    """Let a child put compiled rules into a cache. That it fails is no fault: it is seen by who loads them."""
    process = multiprocessing.get_context("spawn").Process(target=_compile, args=(tuple(paths), cache), daemon=True)
    process.start()
    process.join()


def _compile(paths: Sequence[Path], cache: Path) -> None:
    """In the child. Whoever asks meanwhile for the same waits and finds it done."""
    parent = multiprocessing.parent_process()
    assert parent is not None and parent.pid is not None
    end_with(parent.pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            load_rules(paths, cache_dir=cache)
    except (OSError, TocsinError):
        return  # told by who loads them
