"""What an export of evidence says about itself, with the commands that check it without Tocsin."""

from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import safe


def readme(node: str, key: str) -> str:
    """The text; the node's name is its people's own and yet read on other people's terminals."""
    return _README.format(node=safe(defang(node)), key=key)


_README = """\
Evidence of the Tocsin node {node}

Everything here can be checked without Tocsin, with sha256sum (GNU coreutils) and openssl 3, in this folder:

  1. The manifest was signed with the key in public-key.pem:
     openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig
  2. The list of files is the one that the manifest names:
     grep -q "$(sha256sum < SHA256SUMS | cut -d ' ' -f 1)" manifest.json && echo the list is right
  3. No file was changed:
     sha256sum --check --strict --quiet SHA256SUMS && echo the files are right

Whose key it is, you have to know from elsewhere: its id is {key}, the first 16 hexadecimal digits of the SHA-256 of
the 32 bytes of the public key. Ask the node's people, or compare with an earlier export:

     openssl pkey -pubin -in public-key.pem -outform DER | tail -c 32 | sha256sum | cut -c 1-16

events/          the original lines of the events, byte for byte, as the sensor sent or wrote them
rows.ndjson      what the lake has of each event, as the reader understood it
findings.ndjson  what was found, by which rule, and on which events it rests
custody.ndjson   the ledger's entries about the incident: who did what and when; docs/ledger.md tells how they chain
manifest.json    of each event: its file and SHA-256, source, line, reader; or why there is no original
"""
