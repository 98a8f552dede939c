"""Whether to read a content: what the lake has of it already. One place decides, so no content is read twice."""

from tocsin.lake.catalog import Catalog
from tocsin.node.messages import Claim, Known
from tocsin.node.reading import HEAD_DIGEST_BYTES, source_id


class Claims:
    """The contents of one run. The first claim wins; a claim that came to nothing is given back."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._claimed: set[str] = set()  # digests

    def answer(self, claim: Claim) -> Known:
        """Skip it, go on with it, or read it from its beginning."""
        if claim.digest in self._claimed:
            return Known(skip=True)
        self._claimed.add(claim.digest)
        record = self._catalog.source_of(claim.digest)
        if record is not None:
            return Known(skip=record.done, resume=record)
        if self._catalog.source(source_id(claim.digest)) is not None:
            return Known(skip=True)  # an earlier state of a file that has grown since
        return Known(skip=False, earlier=tuple(self._catalog.beginnings(claim.head, HEAD_DIGEST_BYTES)))

    def give_back(self, digest: str) -> None:
        """Nobody read it after all."""
        self._claimed.discard(digest)
