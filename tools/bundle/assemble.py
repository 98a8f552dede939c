"""Puts a bundle together from its parts: files, bill of materials, list with hashes, signature."""

import hashlib
import json
import shutil
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tools.bundle.lock import OWN
from tools.bundle.sbom import sbom
from tools.bundle.wheels import HERE, Wheel, read_wheels, requirements

from tocsin.node.upkeep.bundle import DESCRIPTION, FORMAT, INSTALLER, version_numbers
from tocsin.node.upkeep.bundle_list import LIST, SIGNATURE, write_list

BILL = "sbom.cdx.json"
WHEELS = "wheels"


@dataclass(frozen=True)
class Parts:
    """What a bundle is made of. `wheels` holds Tocsin's own wheel too; `rules` and `key` may be left out."""

    root: Path  # Tocsin's source tree
    wheels: Path
    rules: Path | None = None
    key: Ed25519PrivateKey | None = None
    pythons: tuple[str, ...] = (HERE,)


def assemble(parts: Parts, out: Path) -> Path:
    """Make the bundle in a new folder of `out`, in place of an older one of the same version. Returns the folder."""
    wheels = read_wheels(parts.wheels)
    version = next(wheel.version for wheel in wheels if wheel.name == OWN)
    version_numbers(version)
    bundle = out / f"tocsin-bundle-{version}"
    if bundle.exists():
        shutil.rmtree(bundle)
    bundle.mkdir(parents=True)
    _copy_files(parts, wheels, bundle)
    _write_json(bundle / DESCRIPTION, description(version, parts.pythons))
    _write_json(bundle / BILL, sbom(wheels))
    (bundle / "requirements.txt").write_text(requirements(wheels), "utf-8")
    seal(bundle, parts.key)
    return bundle


def description(version: str, pythons: Sequence[str] = (HERE,)) -> dict[str, object]:
    """What `bundle.json` says: a bundle is for some versions of Python, and for the platform that made it."""
    return {"format": FORMAT, "version": version, "pythons": list(pythons), "platform": sysconfig.get_platform()}


def seal(bundle: Path, key: Ed25519PrivateKey | None) -> None:
    """Write the list of files with their hashes, and the signature over it where there is a key."""
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file() and path.name not in (LIST, SIGNATURE)]
    sums = {path.relative_to(bundle).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    text = write_list(sums).encode()
    (bundle / LIST).write_bytes(text)
    if key is not None:
        (bundle / SIGNATURE).write_bytes(key.sign(text))


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs bundles, from a PEM file without a password."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SystemExit(f"{path}: not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
    return key


def _copy_files(parts: Parts, wheels: list[Wheel], bundle: Path) -> None:
    (bundle / WHEELS).mkdir()
    for wheel in wheels:
        shutil.copyfile(wheel.path, bundle / WHEELS / wheel.path.name)
    (bundle / "contrib").mkdir()
    shutil.copyfile(parts.root / "contrib" / "tocsin.service", bundle / "contrib" / "tocsin.service")
    shutil.copyfile(parts.root / "contrib" / "install.sh", bundle / INSTALLER)
    shutil.copyfile(parts.root / "docs" / "install.md", bundle / "INSTALL.md")
    shutil.copyfile(parts.root / "docs" / "NOTICE", bundle / "NOTICE")
    if parts.rules is not None:
        shutil.copytree(parts.rules, bundle / "rules", ignore=shutil.ignore_patterns(".*"))


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
