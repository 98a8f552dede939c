"""What the sinks write, read by the programs that it is for. Skipped only where the program is not installed.

`nft` asks the kernel also when it only checks, so its errors of permission mean that the whole file was read.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from hostile_corpus import CORPUS

from tocsin.errors import SinkError
from tocsin.sinks import nftables, rpz

SECONDS = 60
ZONE = "rpz.tocsin.example"
GOOD = ("evil.example", "bücher.example", "a_b.-c.example", "x" * 63 + ".example", "Evil.Example.")


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def written(make: object, texts: list[str]) -> list[str]:
    """What can be written of the texts."""
    found = []
    for text in texts:
        try:
            found.append(make(text))  # type: ignore[operator]
        except SinkError:
            continue
    return found


@needs("nft")
def test_nft_reads_every_comment_and_element(tmp_path: Path) -> None:
    found = {family: f"table inet tocsin {{\n set {family} {{ type {family}; flags interval; elements = {{\n"
             for family in ("ipv4_addr", "ipv6_addr")}  # fmt: skip
    elements = written(nftables.element, [*CORPUS, *CORPUS.values(), "2001:db8::/32", "192.0.2.7"])
    for number, text in enumerate(CORPUS.values()):
        found["ipv4_addr"] += f"  {nftables.element(f'198.51.100.{number}')} comment {nftables.comment(text)},\n"
    for element in {each for each in elements if each != "0.0.0.0/0"}:
        found["ipv6_addr" if ":" in element else "ipv4_addr"] += f"  {element},\n"
    path = tmp_path / "list.nft"
    path.write_text("".join(text + " }\n }\n}\n" for text in found.values()), encoding="utf-8")
    run = subprocess.run(["nft", "-c", "-f", path], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert run.returncode == 0 or "Operation not permitted" in run.stderr, run.stderr
    assert "syntax error" not in run.stderr


@needs("named-checkzone")
def test_a_name_server_loads_a_zone_of_every_owner_and_comment(tmp_path: Path) -> None:
    owners = written(lambda text: rpz.owner(text, ZONE), [*CORPUS.values(), *GOOD])
    wild = written(lambda text: rpz.owner(text, ZONE, wildcard=True), [*CORPUS.values(), *GOOD])
    lines = ["$TTL 60", "@ SOA localhost. root.localhost. 1 60 60 60 60", "@ NS localhost."]
    lines += [f"{owner} CNAME . {rpz.comment(owner)}" for owner in {*owners, *wild}]
    lines += [rpz.comment(text) for text in CORPUS.values()]
    path = tmp_path / "zone"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = subprocess.run(["named-checkzone", "-D", "-o", "-", ZONE, path], capture_output=True, text=True,
                         timeout=SECONDS, check=False)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    loaded = {line.split()[0].lower() for line in run.stdout.splitlines() if "CNAME" in line}
    assert loaded == {f"{owner}.{ZONE}." for owner in {*owners, *wild}}
