"""`make bundle`: fetches what the lock names, builds Tocsin, puts the bundle together."""

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.bundle.assemble import Parts, assemble, read_private_key
from tools.bundle.lock import Pin, carried, read_pins, root_names
from tools.bundle.wheels import HERE, build_own, fetch

ROOT = Path(__file__).parents[2]
EXTRAS = ("postgres",)
UNSIGNED = """\
NOT SIGNED: `tocsin node upgrade` refuses this bundle, and install.sh takes it with --without-key only.
Sign with: make bundle KEY=FILE; docs/install.md says how a key is made."""


def main() -> None:
    """Make the bundle and say where it is."""
    parser = argparse.ArgumentParser(prog="make bundle", description=__doc__)
    parser.add_argument("--rules", type=Path, help="folder with Sigma rules that the bundle carries")
    parser.add_argument("--key", type=Path, help="Ed25519 private key (PEM) that signs it")
    parser.add_argument("--pythons", nargs="+", default=[HERE], help="versions of Python that it is for, such as 3.12")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    key = read_private_key(asked.key) if asked.key else None
    if asked.rules and not asked.rules.is_dir():
        raise SystemExit(f"{asked.rules}: there is no such folder of rules")
    with tempfile.TemporaryDirectory(prefix="tocsin-bundle-") as folder:
        wheels = Path(folder) / "wheels"
        fetch(pins(ROOT), wheels, asked.pythons)
        build_own(ROOT, wheels)
        bundle = assemble(Parts(ROOT, wheels, asked.rules, key, tuple(asked.pythons)), asked.out)
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    print(f"{bundle}: {size / 2**20:.0f} MiB")
    if key is None:
        print(UNSIGNED, file=sys.stderr)


def pins(root: Path) -> list[Pin]:
    """The pins that a bundle of this source tree carries."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return carried(read_pins((root / "requirements.lock").read_text("utf-8")), root_names(project, EXTRAS))


if __name__ == "__main__":
    main()
