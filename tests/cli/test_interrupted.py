"""Ctrl-C that meets another fault while the work is ended is still Ctrl-C."""

import subprocess
import sys

import pytest

PROGRAM = """
from tocsin.cli import app as command
from tocsin.errors import LakeError

def ended():
    try:
        {first}
    finally:
        raise {fault}

command.app = ended
command.main()
"""
FAULTS = ('LakeError("a worker died", "Run it again.")', 'OSError(5, "gone")', 'ValueError("x")')


def run(first: str, fault: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(first=first, fault=fault)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_comes_of_an_interrupt_ends_as_one(fault: str) -> None:
    done = run("raise KeyboardInterrupt", fault)
    assert (done.returncode, done.stderr) == (130, "tocsin: stopped.\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_without_an_interrupt_keeps_its_own_exit_code(fault: str) -> None:
    done = run("raise KeyError", fault)
    assert done.returncode == 3
    assert "stopped.\n" not in done.stderr
