"""Records that an export put into an envelope: the record itself is taken out before anything looks at it.

Rules:
1. Elasticsearch and OpenSearch hits (`_source`), Splunk exports (`result`) and Splunk's HTTP collector (`event`),
   Chainsaw's hunts (`document.data`), and Zeek's writers that name the log around the record (`{"conn": {…}}`).
2. An envelope is known by all of its keys, so that a record which merely has such a field stays as it is.
3. What else the envelope holds stays beside the record where the record has no field of that name.
"""

from collections.abc import Mapping, Sequence

Record = Mapping[str, object]

_HIT = "_source"
_SPLUNK = frozenset(("preview", "offset", "result", "lastrow"))
_COLLECTOR = frozenset(("time", "event", "host", "source", "sourcetype", "index", "fields"))
_MAY_BE = frozenset((_HIT, "result", "event", "document"))


def unwrapped_all(records: Sequence[Record]) -> Sequence[Record]:
    """All records without their envelopes; the same list when the first one has none."""
    if not records or (len(records[0]) > 1 and _MAY_BE.isdisjoint(records[0])):
        return records
    return [unwrapped(record) for record in records]


def unwrapped(record: Record) -> Record:
    """The record inside an envelope, or the record itself.

    >>> unwrapped({"preview": False, "result": {"EventID": "1"}})
    {'EventID': '1', 'preview': False}
    """
    if _HIT in record:
        return _lifted(record, _HIT)
    if "result" in record and _SPLUNK.issuperset(record):
        return _lifted(record, "result")
    if "event" in record and "sourcetype" in record and _COLLECTOR.issuperset(record):
        return _lifted(record, "event")
    document = record.get("document")
    if isinstance(document, Mapping) and isinstance(document.get("data"), Mapping) and "Event" in document["data"]:
        rest = {name: value for name, value in record.items() if name != "document"}
        return {**document["data"], "chainsaw": {**rest, "path": document.get("path")}}
    if len(record) == 1:
        [(name, only)] = record.items()
        if isinstance(only, Mapping) and "ts" in only and ("uid" in only or "id.orig_h" in only):
            return {"_path": name, **only}
    return record


def _lifted(record: Record, key: str) -> Record:
    held = record[key]
    if not isinstance(held, Mapping):
        return record
    return {**held, **{name: value for name, value in record.items() if name != key and name not in held}}
