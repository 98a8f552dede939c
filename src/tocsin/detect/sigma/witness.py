"""Which leaves betray a rule: the rarest tests of which a match needs at least one.

Rules:
1. A rule can only match where one of its witnesses matches; candidates are found by scanning for these alone.
2. `and` needs any one of its children's witnesses (the rarest are taken), `or` needs all of them, `not` has none.
3. A leaf that is true for missing fields, or compares two fields, is no witness. A rule without witness runs on all
   rows of its log source.
4. How rare a test is, is guessed from its length and from texts that every Windows host writes all day. A bad guess
   costs time, never a hit.
"""

from collections.abc import Sequence
from functools import cache

from tocsin.detect.sigma.predicates import accepts
from tocsin.detect.sigma.program import And, Leaf, Node, Not, Test
from tocsin.detect.sigma.regexes import required_literals
from tocsin.detect.sigma.texts import fold

RAREST = 0.0005  # share of values that a long unknown text is guessed to match
UNKNOWN = 0.5  # share guessed where nothing is known about a test
TYPICAL_HIT = 0.1  # added for each typical text that passes the test
KEYWORD_COST = 4.0  # keywords are searched in every column
LETTER_SHARE = 0.5  # each further character halves the guess
GUESSED_CHARACTERS = 11

TYPICAL = tuple(
    fold(text)
    for text in (
        r"C:\Windows\System32\svchost.exe",
        r"C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule",
        r"C:\Windows\System32\cmd.exe",
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        r'"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -noP -sta -w 1 -enc ',
        r"C:\Windows\System32\rundll32.exe",
        r"C:\Windows\System32\lsass.exe",
        r"C:\Windows\System32\services.exe",
        r"C:\Windows\System32\conhost.exe 0xffffffff -ForceV1",
        r"C:\Windows\System32\wbem\WmiPrvSE.exe",
        r"C:\Windows\explorer.exe",
        r"C:\Windows\SysWOW64\ntdll.dll",
        r"C:\Windows\System32\kernel32.dll",
        r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
        r"C:\Windows\assembly\NativeImages_v4.0.30319_64\System.Management.Automation.ni.dll",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Windows Defender\MsMpEng.exe",
        r"C:\Users\user\AppData\Local\Temp\file.tmp",
        r"C:\Users\user\AppData\Roaming\Microsoft\Windows\Recent\x.lnk",
        r"C:\ProgramData\Microsoft\Windows\x",
        r"HKLM\System\CurrentControlSet\Services\bam\State\UserSettings",
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer",
        r"HKU\S-1-5-21-1\Software\Classes\CLSID\{00000000-0000-0000-0000-000000000000}",
        r"C:\Windows\SYSTEM32\ntdll.dll+9c524|C:\Windows\System32\KERNELBASE.dll+27f4e|UNKNOWN(00007FF8)",
        r"NT AUTHORITY\SYSTEM",
        "Microsoft Corporation",
        "Microsoft® Windows® Operating System",
        "PowerShell.EXE",
        "Cmd.Exe",
        "Microsoft-Windows-Security-Auditing",
        "function param ( [Parameter(Mandatory=$true)] [string] $Name ) { return New-Object PSObject } Write-Output",
        "System",
        "SYSTEM",
        "true",
        "false",
        "-",
        "4688",
        "4624",
        "4663",
        "4656",
        "4658",
        "4690",
        "5156",
        "5158",
        "7036",
        "0x0",
        "0x1000",
        "0x1fffff",
        "DWORD (0x00000000)",
        "DWORD (0x00000001)",
        "%%1936",
        "HTTP/1.1",
        "GET",
        "POST",
        "200",
        "443",
        "http://www.example.com/index.html?a=b",
    )
)


def witnesses(node: Node, leaves: Sequence[Leaf]) -> tuple[int, ...]:
    """The leaves of which a match of the node needs one; empty if there are none."""
    found = _needed(node, leaves, False)
    return tuple(sorted(found[1])) if found else ()


_Needed = tuple[float, frozenset[int]]


def _needed(node: Node, leaves: Sequence[Leaf], negated: bool) -> _Needed | None:
    if isinstance(node, int):
        leaf = leaves[node]
        usable = not (negated or leaf.when_missing or leaf.compares_fields)
        return (leaf_share(leaf), frozenset((node,))) if usable else None
    if isinstance(node, Not):
        return _needed(node.child, leaves, not negated)
    children = [_needed(child, leaves, negated) for child in node.children]
    if isinstance(node, And) != negated:
        return min((child for child in children if child), key=lambda child: child[0], default=None)
    if not all(children):
        return None
    return sum(child[0] for child in children if child), frozenset().union(*(child[1] for child in children if child))


@cache
def leaf_share(leaf: Leaf) -> float:
    """The guessed share of values that pass a leaf; may exceed 1."""
    share = sum(test_share(test) for test in leaf.tests)
    return share * KEYWORD_COST if leaf.field is None else share


@cache
def test_share(test: Test) -> float:
    """The guessed share of values that pass a test."""
    if test.operator in {"exact", "contains", "startswith", "endswith", "glob"}:
        typical = _typical(test)
        return _share_of_text(_longest(test)) + TYPICAL_HIT * typical
    if test.operator == "re":
        literals = required_literals(test.value)
        if literals is None:
            return UNKNOWN
        return sum(test_share(Test("contains", fold(literal))) for literal in literals)
    return UNKNOWN


def _typical(test: Test) -> int:
    passes = accepts(Test(test.operator, fold(test.value)))
    return sum(passes(text, text) for text in TYPICAL)


def _longest(test: Test) -> str:
    if test.operator != "glob":
        return test.value
    return max(test.value.replace("?", "*").split("*"), key=len)


def _share_of_text(text: str) -> float:
    return max(RAREST, LETTER_SHARE ** min(len(text), GUESSED_CHARACTERS))
