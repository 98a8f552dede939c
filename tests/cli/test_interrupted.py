"""Ctrl-C is never lost: whatever the code that it meets does with it, the command ends as one that was stopped."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from tocsin.cli import app as command
from tocsin.cli.progress import progress
from tocsin.errors import LakeError
from tocsin.node.pipeline import Stage

def ended():
    {body}

command.app = ended
command.main()
"""
PRESSED = "os.kill(os.getpid(), signal.SIGINT)"
SWALLOWED = f"""
    try:
        {PRESSED}
    except KeyboardInterrupt:
        pass
"""
FAULTS = ('LakeError("a worker died", "Run it again.")', 'OSError(5, "gone")', 'ValueError("x")')


def run(body: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(body=body)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_comes_of_an_interrupt_ends_as_one(fault: str) -> None:
    done = run(f"""
    try:
        {PRESSED}
    finally:
        raise {fault}
""")
    assert (done.returncode, done.stderr) == (130, "tocsin: stopped.\n")


@pytest.mark.parametrize("end", ["return", "raise SystemExit(1)", *(f"raise {fault}" for fault in FAULTS)])
def test_an_interrupt_that_a_library_swallowed_decides_the_end(end: str) -> None:
    done = run(f"{SWALLOWED}\n    {end}")
    assert (done.returncode, done.stderr) == (130, "tocsin: stopped.\n")


def test_an_interrupt_that_a_library_swallowed_stops_the_work_at_its_next_step() -> None:
    done = run(f"""{SWALLOWED}
    with progress(quiet=True) as observe:
        observe(Stage("next"))
        print("went on")
""")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "tocsin: stopped.\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_without_an_interrupt_keeps_its_own_exit_code(fault: str) -> None:
    done = run(f"raise {fault}")
    assert done.returncode == 3
    assert "stopped.\n" not in done.stderr


def test_where_the_caller_ignores_interrupts_the_command_goes_on() -> None:
    body = f"{PRESSED}\n    print('went on')"
    done = subprocess.run(
        ["sh", "-c", 'trap "" INT; exec "$0" -c "$1"', sys.executable, PROGRAM.format(body=body)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "went on\n")
