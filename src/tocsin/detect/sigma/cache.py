"""The rule cache: one msgpack file for a rule tree, per user.

Rules:
1. The file is good if its head names this engine and the tree's manifest or fingerprint, and its digest fits.
   Anything else (damaged, foreign, of another version) is rebuilt, never trusted.
2. It is written whole under another name, then renamed; a failure to write costs the next start, nothing else.
3. Nothing in it is executable; databases are checked by Hyperscan itself when they are loaded.
"""

import contextlib
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import hyperscan
import msgspec
from blake3 import blake3
from msgspec import Struct

from tocsin.detect.sigma.compiled import Compiled

MAGIC = b"tocsin-rules\n"
DIGEST_BYTES = 32

log = logging.getLogger(__name__)


class _Head(Struct, frozen=True, array_like=True):
    engine: str
    manifest: str
    body_digest: bytes
    body: msgspec.Raw


class Cache:
    """The cache file of one set of rule paths."""

    def __init__(self, folder: Path, salt: str, paths: Sequence[Path]) -> None:
        self._engine = f"{salt} {getattr(hyperscan, '__version__', '')}"
        roots = "\n".join(sorted(os.path.realpath(path) for path in paths))
        name = blake3(f"{salt} {roots}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.path = folder / f"sigma-{name}.msgpack"

    def by_manifest(self, manifest: str) -> Compiled | None:
        """The compiled rules if no rule file was touched since."""
        head = self._head()
        return self._body(head) if head and head.manifest == manifest else None

    def by_fingerprint(self, fingerprint: str) -> Compiled | None:
        """The compiled rules if the rule files hold what they held."""
        head = self._head()
        compiled = self._body(head) if head else None
        return compiled if compiled and compiled.fingerprint == fingerprint else None

    def _head(self) -> _Head | None:
        try:
            data = self.path.read_bytes()
            if not data.startswith(MAGIC):
                return None
            head = msgspec.msgpack.decode(memoryview(data)[len(MAGIC) :], type=_Head)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.info("rule cache unreadable, rebuilding: %s", error)
            return None
        return head if head.engine == self._engine else None

    def _body(self, head: _Head) -> Compiled | None:
        try:
            if blake3(head.body).digest() != head.body_digest:
                raise msgspec.DecodeError("digest does not fit")
            return msgspec.msgpack.decode(head.body, type=Compiled)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.info("rule cache damaged, rebuilding: %s", error)
            return None

    def store(self, compiled: Compiled, manifest: str) -> None:
        """Write the cache; a read-only or full disk is logged and otherwise ignored."""
        body = msgspec.msgpack.encode(compiled)
        head = _Head(self._engine, manifest, blake3(body).digest(), msgspec.Raw(body))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._write(MAGIC + msgspec.msgpack.encode(head))
        except OSError as error:
            log.warning("rule cache not written: %s", error)

    def _write(self, data: bytes) -> None:
        handle, name = tempfile.mkstemp(prefix=".sigma-", dir=self.path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(self.path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
