"""The program of docs/ledger.md checks real exports, and finds what was done to them."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.ledger.chain import EMPTY, append, head_of
from tocsin.ledger.checkpoint import Checkpoint, public_bytes, sign
from tocsin.ledger.entry import Draft, Entry, Kind, digest_of
from tocsin.ledger.lines import line_of, merged
from tocsin.ledger.witness import witness_line

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def ledger() -> list[Entry]:
    entries: list[Entry] = []
    head = EMPTY
    for number in range(6):
        detail = {"text": "é\n\x01\u2028\U0001f600", "rows": number, "told": True}
        entries.append(append(head, Draft(Kind.HUNT, "account:anna", f"hunt:{number}", detail), NOW))
        head = head_of(entries[-1])
    return entries


def points(entries: list[Entry]) -> list[Checkpoint]:
    return [sign(KEY, "node.example", head_of(entry), NOW) for entry in entries[1::2]]


def checked(folder: Path, entries: list[Entry], signed: list[Checkpoint], witness: list[Checkpoint]) -> str:
    """What the program prints; its last line where it fails."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script, export, seen = folder / "check.py", folder / "ledger.jsonl", folder / "witness.log"
    script.write_text(program)
    export.write_text("".join(f"{line_of(item)}\n" for item in merged(entries, signed)))  # type: ignore[arg-type]
    seen.write_text("".join(f"<134>Nov 30 node tocsin: {witness_line(point)}\n" for point in witness))
    command = [sys.executable, "-I", script, export, public_bytes(KEY).hex(), seen]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[-1]


def test_the_program_agrees_with_a_ledger_that_holds(tmp_path: Path) -> None:
    entries = ledger()
    assert checked(tmp_path, entries, points(entries), points(entries)) == "6 entries, all as they were written"


@pytest.mark.parametrize("what", ["changed", "removed", "rewritten", "cut", "signature"])
def test_the_program_finds_what_was_done(tmp_path: Path, what: str) -> None:
    entries = ledger()
    done, signed, witness = list(entries), [], points(entries)
    if what == "changed":
        done[2] = replace(done[2], actor="account:boris")
    elif what == "removed":
        del done[2]
    elif what == "cut":
        done = done[:4]
    elif what == "signature":
        signed = [replace(points(entries)[0], signature="00" * 64)]
    else:
        done[5] = replace(done[5], actor="account:boris")
        done[5] = replace(done[5], digest=digest_of(done[5]))
    told = checked(tmp_path, done, signed, witness)
    assert told.startswith(("AssertionError", "cryptography.exceptions.InvalidSignature"))


def test_the_program_is_short() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len([line for line in program.splitlines() if line.strip()]) <= 30
