"""The journal's segments as channels. A segment that is in the lake is packed away as evidence, then forgotten."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from blake3 import blake3

from tocsin.lake.catalog import SOURCE_ID_CHARACTERS, Catalog, SourceRecord
from tocsin.node.journal.records import JournalRecords, Segment, Stream
from tocsin.node.live.channels import GrowingChannel
from tocsin.node.live.followed import Told
from tocsin.node.live.packing import Packing

OTHERWISE = "generic-text"  # what a sender sends is always read, if only as text
RAW = "raw"  # folder of the original lines, a file a source


def segment_source(nonce: str, segment: Segment) -> str:
    """The source id of a segment: equal lines of two senders stay two."""
    text = f"segment\x00{nonce}\x00{segment.stream}\x00{segment.number}"
    return blake3(text.encode()).hexdigest()[:SOURCE_ID_CHARACTERS]


def raw_file(folder: Path, source: str) -> Path:
    """Where the original lines of a source are kept below the node's folder."""
    return folder / RAW / source[:2] / f"{source}.log.zst"


class SegmentFeeder:
    """All segments that the lake does not have to their end."""

    def __init__(self, node: Path, records: JournalRecords, catalog: Catalog, *, keep_raw: bool = True) -> None:
        self._node, self._records, self._catalog, self._keep_raw = node, records, catalog, keep_raw
        self._channels: dict[tuple[str, int], GrowingChannel] = {}
        self._segments: dict[tuple[str, int], Segment] = {}
        self._streams: dict[str, Stream] = {}
        self._packing = Packing()

    def channels(self) -> Sequence[GrowingChannel]:
        """A channel for each segment that has something, the oldest of each stream first."""
        for segment in self._records.segments():
            key = (segment.stream, segment.number)
            if key in self._packing:
                continue
            self._segments[key] = segment
            channel = self._channels.get(key) or self._open(segment)
            channel.until, channel.closed = segment.committed, segment.closed
        return list(self._channels.values())

    def _open(self, segment: Segment) -> GrowingChannel:
        stream = self._streams.get(segment.stream)
        if stream is None:
            self._streams = self._records.streams()
            stream = self._streams[segment.stream]
        source = segment_source(self._records.nonce, segment)
        told = Told(f"{stream.name}/{segment.number:08d}", stream.origin, stream.reader)
        path = self._records.folder / segment.file
        channel = GrowingChannel(path, told, source, self._catalog.source(source), otherwise=OTHERWISE)
        self._channels[segment.stream, segment.number] = channel
        return channel

    def stored(self, records: Mapping[str, SourceRecord]) -> None:
        """Note how far the lake is; let go of what is there to its end."""
        read = []
        over = []
        for key, channel in self._channels.items():
            if channel.source in records:
                read.append((*key, records[channel.source].digest_size))
            if channel.done and channel.followed is not None and channel.followed.settled[1] >= channel.until:
                over.append(key)
        if read:
            self._records.note_read(read)
        for key in over:
            channel, segment = self._channels.pop(key), self._segments.pop(key)
            if self._keep_raw:
                self._packing.start(segment, channel.path, raw_file(self._node, channel.source))
            else:
                self._let_go(segment, channel.path)
        for segment, path in self._packing.done():
            self._let_go(segment, path)

    def _let_go(self, segment: Segment, path: Path) -> None:
        self._records.forget([segment])
        path.unlink(missing_ok=True)

    def restart(self) -> None:
        """Open everything anew."""
        self._packing.end()
        self._channels, self._segments = {}, {}

    def close(self) -> None:
        """Pack the last ones away, and let the thread go."""
        for segment, path in self._packing.close():
            self._let_go(segment, path)
