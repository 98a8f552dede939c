"""The parts of a URI that proxy rules ask for. Foreign text: nothing is resolved, decoded or opened."""

import re

from tocsin.telemetry.line_reader import Row

_HOST = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.\-]{0,30}://)?(?:[^/?#@\s]*@)?(\[[0-9A-Fa-f:.%]+\]|[^/?#:\s]+)(?::\d{1,5})?", re.ASCII
)
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,10})$", re.ASCII)


def uri_fields(uri: str) -> Row:
    """cs-host, c-uri-query and c-uri-extension of an absolute URI or a CONNECT target, as far as it has them."""
    row: Row = {}
    if uri.startswith("error:"):  # squid's word for a request that it could not read
        return row
    before, question, query = uri.partition("?")
    host = _HOST.match(before)
    if host is None:
        return row
    row["cs-host"] = host[1].strip("[]")
    extension = _EXTENSION.search(before, host.end())
    if extension is not None:
        row["c-uri-extension"] = extension[1]
    if question:
        row["c-uri-query"] = query
    return row
