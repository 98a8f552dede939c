"""Signed documents: believed when they are whole, of the node, of their type, and of a key that counts."""

import json
from dataclasses import replace
from typing import Any

import pytest
from node_folders import NOW

from tocsin.ledger.checkpoint import trust
from tocsin.node.upkeep.check import judged
from tocsin.node.upkeep.check_gather import gather
from tocsin.node.upkeep.check_signed import CHECK, signed_lines
from tocsin.node.upkeep.documents import DocumentError, read_document, signed_document
from tocsin.node.upkeep.keys import Purpose, load_signer, load_trust
from tocsin.node.upkeep.shell import OpenNode


def changed(data: bytes, **fields: Any) -> bytes:
    told = json.loads(data)
    told["document"] |= fields
    return json.dumps(told).encode()


def test_a_check_is_believed_as_it_was_signed(node: OpenNode) -> None:
    lines = judged(gather(node.folder, NOW))
    document = read_document(signed_lines(node.folder, lines, NOW), load_trust(node.folder, Purpose.DOCUMENTS), CHECK)
    assert document["in_order"] is False
    assert [each["name"] for each in document["lines"]] == [line.name for line in lines]


def test_a_document_that_was_changed_is_refused(node: OpenNode) -> None:
    trusted = load_trust(node.folder, Purpose.DOCUMENTS)
    data = signed_document(load_signer(node.folder, Purpose.DOCUMENTS), CHECK, {"in_order": False, "ä": ["é"]})
    assert read_document(data, trusted, CHECK)["ä"] == ["é"]
    for wrong in (changed(data, in_order=True), changed(data, more=1), data[:-9], b"", b"[]", b"\xff", b"[" * 9_999):
        with pytest.raises(DocumentError) as told:
            read_document(wrong, trusted, CHECK)
        assert told.value.advice()


def test_a_document_of_another_type_node_or_purpose_is_refused(node: OpenNode) -> None:
    signer = load_signer(node.folder, Purpose.DOCUMENTS)
    trusted = load_trust(node.folder, Purpose.DOCUMENTS)
    with pytest.raises(DocumentError):
        read_document(signed_document(signer, "backup", {}), trusted, CHECK)
    with pytest.raises(DocumentError):
        read_document(signed_document(replace(signer, node="other"), CHECK, {}), trusted, CHECK)
    with pytest.raises(DocumentError, match="unknown"):
        read_document(signed_document(signer, CHECK, {}), load_trust(node.folder, Purpose.LEDGER), CHECK)
    with pytest.raises(DocumentError, match="revoked"):
        read_document(signed_document(signer, CHECK, {}), trust("examplia", replace(signer.key, revoked=True)), CHECK)
