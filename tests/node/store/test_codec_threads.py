"""Threads that read the state at once: what msgspec knows of a type is there before they start."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, threading
sys.setswitchinterval(1e-6)
from state_samples import NOW, finding, opened
from tocsin.model import Finding
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.incident_state import Body, Event, IncidentState, derive
import tocsin.node.store.incident_rows
event = Event("I-1", 1, NOW, "node", opened("f-1"))
told = [(encode(event.body), Body), (encode(derive([event])), IncidentState), (encode(finding()), Finding)]
start = threading.Barrier(9)
done = []
def read(number):
    start.wait()
    text, kind = told[number % 3]
    done.append(encode(decode(text, kind, "here")) == text)
threads = [threading.Thread(target=read, args=(number,)) for number in range(9)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert done == [True] * 9
"""
KNOWN = "__msgspec_cache__"  # where msgspec 0.22 keeps what it knows of a dataclass
IMPORTED = """
import tocsin.node.store.incident_rows
from tocsin.model import Evidence, Finding, Incident, RuleInfo, ScorePart, Step
from tocsin.node.store.incident_state import IncidentState, Note
for kind in (Evidence, Finding, Incident, RuleInfo, ScorePart, Step, IncidentState, Note):
    assert KNOWN in vars(kind), kind
"""


def run(program: str) -> int:
    """The exit code of a program in a process of its own, where nothing was read before."""
    return subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parent, check=False).returncode


def test_what_msgspec_knows_of_a_type_is_there_after_the_import() -> None:
    assert run(f"KNOWN = {KNOWN!r}\n{IMPORTED}") == 0


def test_many_threads_read_their_first_values_at_once() -> None:
    assert run(PROGRAM) == 0
