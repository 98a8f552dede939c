"""Simulated bundles and versions: small programs that speak the interface of the real ones, with faults on demand.

A version's data is one file that holds the version which wrote it. A file `fail-STEP-VERSION` in the control folder
makes a step of that version fail, `kill-STEP-VERSION` makes it kill the upgrade, once.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tools.bundle.assemble import description, seal

from tocsin.node.upkeep.installation import Installation

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))

FAULT = """\
fault() {
    if [ -e "CONTROL/kill-$1-VERSION" ]; then rm "CONTROL/kill-$1-VERSION"; kill -9 $PPID; exit 9; fi
    if [ -e "CONTROL/fail-$1-VERSION" ]; then echo "$1 was told to fail" >&2; exit 3; fi
}
"""
PROGRAM = """\
#!/bin/sh
set -eu
FAULTS
echo "VERSION $*" >>CONTROL/calls
for last; do :; done
data=$last/state.sqlite
case "$1 ${2:-}" in
"--version ") fault version; echo "tocsin VERSION" ;;
"node check") fault check; [ "$(cat "$3/state.sqlite")" = VERSION ] || exit 1 ;;
"node backup") fault backup; cp "$data" "$3" ;;
"node migrate")
    case "${4:-}" in
    --set-aside) fault aside; echo VERSION >"$5"; exit 0 ;;
    --put-back) fault back; [ "$(cat "$5")" = VERSION ]; exit 0 ;;
    esac
    echo half >"$data"
    if [ -e "CONTROL/fail-restore-VERSION" ]; then rm "$last/before-upgrade/complete"; fi
    fault migrate
    echo VERSION >"$data" ;;
*) exit 2 ;;
esac
"""
INSTALLER = """\
#!/bin/sh
set -eu
FAULTS
[ "$1 $2" = "--beside --prefix" ]
version=$3/opt/tocsin/versions/VERSION
mkdir -p "$version/venv/bin"
fault install
cp "$(dirname "$0")/tocsin" "$version/venv/bin/tocsin"
chmod +x "$version/venv/bin/tocsin"
: >"$version/complete"
"""


@dataclass(frozen=True)
class Machine:
    """A machine with version 1.0.0, and a node with data."""

    folder: Path

    @property
    def place(self) -> Installation:
        return Installation(self.folder / "prefix")

    @property
    def control(self) -> Path:
        return self.folder / "control"

    @property
    def node(self) -> Path:
        return self.folder / "node"

    @property
    def key(self) -> Path:
        return self.folder / "public.pem"

    @property
    def data(self) -> str:
        return (self.node / "state.sqlite").read_text("utf-8").strip()

    @property
    def calls(self) -> list[str]:
        return (self.control / "calls").read_text("utf-8").splitlines()

    def fault(self, name: str) -> None:
        (self.control / name).touch()

    def bundle(self, version: str) -> Path:
        """A signed bundle of a version."""
        folder = self.folder / f"bundle-{version}"
        (folder / "wheels").mkdir(parents=True)
        (folder / "install.sh").write_text(self._text(INSTALLER, version), "utf-8")
        (folder / "tocsin").write_text(self._text(PROGRAM, version), "utf-8")
        (folder / "wheels" / "a.whl").write_bytes(b"a wheel")
        (folder / "bundle.json").write_text(json.dumps(description(version)), "utf-8")
        seal(folder, KEY)
        return folder

    def _text(self, template: str, version: str) -> str:
        faulty = template.replace("FAULTS", FAULT)
        return faulty.replace("VERSION", version).replace("CONTROL", str(self.control))

    def install(self, version: str) -> None:
        """Put a version there and make it count."""
        program = self.place.folder(version) / "venv" / "bin" / "tocsin"
        program.parent.mkdir(parents=True)
        program.write_text(self._text(PROGRAM, version), "utf-8")
        program.chmod(0o755)
        (self.place.folder(version) / "complete").touch()
        self.place.switch(version)


def machine(folder: Path) -> Machine:
    """A machine with version 1.0.0 and its node's data."""
    made = Machine(folder)
    for path in (made.control, made.node):
        path.mkdir(parents=True)
    (made.node / "tocsin.toml").write_text("", "utf-8")
    (made.node / "state.sqlite").write_text("1.0.0\n", "utf-8")
    made.key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    made.install("1.0.0")
    return made
