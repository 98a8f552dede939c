"""The events of a flood, read from an open window and measured as the vectors of a fingerprint.

Rules:
1. `packet-flood`: half-open connections to the target are one vector; answers that it got from a service that is often
   abused are one vector a service port. `web-flood`: requests for the paths that make most of the flood are one vector.
2. A value is named where it has at least a tenth of the traffic (paths, agents: a twentieth), as the dissector does.
3. Ordinary visitors of the same minutes are in it where their traffic looks the same. Addresses may be forged.
"""

from collections.abc import Callable, Mapping

import duckdb

from tocsin import limits
from tocsin.detect.analytics.fingerprint import SERVICES, Shares, Vector
from tocsin.detect.analytics.running import Hit
from tocsin.detect.analytics.window import Window

_ABUSED = "(17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 5683, 11211)"
_PLAIN_SYN = 80  # bytes of a packet without data at most, as `plain_syn` of packet-flood
_PORT_SHARE, _FLAG_SHARE, _HTTP_SHARE = 0.1, 0.2, 0.05  # of the traffic
_HTTP = {"http_uri": "path", "http_method": "method", "http_user_agent": "agent"}
"""Fields of a fingerprint and the columns that they are shares of."""
_PACKETS = f"""
SELECT 'TCP' AS protocol, CAST(NULL AS BIGINT) AS service_port, src_endpoint_ip AS source, dst_endpoint_port AS port,
       CASE WHEN contains(status_detail, '.') THEN status_detail
            WHEN status_detail IN ('S0', 'S_') THEN '......S.' END AS flags,
       greatest(COALESCE(traffic_packets_out, 0), 1) AS packets, traffic_bytes_out AS octets, time_us
FROM network_activity
WHERE organisation = $organisation AND network = $network AND time_us BETWEEN $first AND $last
  AND dst_endpoint_ip = $target AND connection_info_protocol_name = 'tcp'
  AND (activity_name = 'Refuse' OR app_name = 'incomplete' OR replace(status_detail, '.', '') = 'S'
       OR status_detail IN ('S0', 'REJ', 'RSTOS0', 'SH', 'new', 'S_', 'S_R', 'S_RA', 'S_SA', 'SR_', '2', '0x2', '0x02')
       OR status_detail = 'S1' AND COALESCE(traffic_bytes_in, 0) = 0
       OR status_detail = 'timeout' AND COALESCE(traffic_bytes_in, 0) <= {_PLAIN_SYN} * COALESCE(traffic_packets_in, 0))
UNION ALL
SELECT 'UDP', src_endpoint_port, src_endpoint_ip, dst_endpoint_port, NULL,
       greatest(COALESCE(traffic_packets_out, 0), 1), traffic_bytes_out, time_us
FROM network_activity
WHERE organisation = $organisation AND network = $network AND time_us BETWEEN $first AND $last
  AND dst_endpoint_ip = $target AND connection_info_protocol_name = 'udp' AND src_endpoint_port IN {_ABUSED}
  AND traffic_bytes_out > COALESCE(traffic_bytes_in, 0)
UNION ALL
SELECT 'UDP', dst_endpoint_port, dst_endpoint_ip, src_endpoint_port, NULL,
       greatest(COALESCE(traffic_packets_in, 0), 1), traffic_bytes_in, time_us
FROM network_activity
WHERE organisation = $organisation AND network = $network AND time_us BETWEEN $first AND $last
  AND src_endpoint_ip = $target AND connection_info_protocol_name = 'udp' AND dst_endpoint_port IN {_ABUSED}
  AND traffic_bytes_in > COALESCE(traffic_bytes_out, 0)
"""
_REQUESTS = """
SELECT 'TCP' AS protocol, CAST(NULL AS BIGINT) AS service_port, src_endpoint_ip AS source, dst_endpoint_port AS port,
       CAST(NULL AS BIGINT) AS packets, http_request_length AS octets, time_us,
       lower(split_part(COALESCE(http_request_url_path, http_request_url_text, ''), '?', 1)) AS path,
       http_request_http_method AS method, http_request_user_agent AS agent
FROM http_activity
WHERE organisation = $organisation AND network = $network AND time_us BETWEEN $first AND $last
  AND COALESCE(NULLIF(lower(split_part(http_request_url_hostname, ':', 1)), ''), dst_endpoint_ip,
               lower(device_hostname), sensor, '') = $target
"""
_WANTED = f"""
SELECT * FROM requests
WHERE path IN (SELECT path FROM requests GROUP BY path
               HAVING count(*) >= {_HTTP_SHARE} * (SELECT count(*) FROM requests))
   OR NOT EXISTS (SELECT 1 FROM requests GROUP BY path
                  HAVING count(*) >= {_HTTP_SHARE} * (SELECT count(*) FROM requests))
"""
_HANDSHAKES = """
SELECT 'TCP' AS protocol, CAST(NULL AS BIGINT) AS service_port, src_endpoint_ip AS source, dst_endpoint_port AS port,
       CAST(NULL AS BIGINT) AS packets, CAST(NULL AS BIGINT) AS octets, time_us
FROM tls_activity
WHERE organisation = $organisation AND network = $network AND time_us BETWEEN $first AND $last
  AND COALESCE(NULLIF(lower(tls_sni), ''), dst_endpoint_ip, '') = $target
"""


def packet_vectors(window: Window, hit: Hit) -> list[Vector]:
    """Vectors of a finding of `packet-flood`."""
    connection = window.connection
    _keep(connection, _PACKETS, hit)
    pairs = connection.sql("SELECT DISTINCT protocol, service_port FROM store.flood").fetchall()
    return [_measured(connection, protocol, port, {}) for protocol, port in sorted(pairs, key=repr)]


def web_vectors(window: Window, hit: Hit) -> list[Vector]:
    """The vector of a finding of `web-flood`, in a list; none where its events have expired."""
    connection = window.connection
    if hit.columns.get("what") == "TLS handshakes":
        _keep(connection, _HANDSHAKES, hit)
        seen: Mapping[str, str] = {}
    else:
        _keep(connection, f"WITH requests AS ({_REQUESTS}) {_WANTED}", hit)
        seen = _HTTP
    if not connection.sql("SELECT count(*) FROM store.flood").fetchall()[0][0]:
        return []
    return [_measured(connection, "TCP", None, seen, web=True)]


VECTORS: Mapping[str, Callable[[Window, Hit], list[Vector]]] = {
    "packet-flood": packet_vectors,
    "web-flood": web_vectors,
}
"""How the findings of an analytic are measured, by its id. Others have no fingerprint."""


def _keep(connection: duckdb.DuckDBPyConnection, sql: str, hit: Hit) -> None:
    """The events of the flood as a table beside the window's own, so that memory stays free."""
    values = {
        "organisation": hit.organisation, "network": hit.network, "target": hit.host,
        "first": hit.first_us, "last": hit.last_us,
    }  # fmt: skip
    connection.execute(f"CREATE OR REPLACE TABLE store.flood AS {sql}", values)


def _measured(
    connection: duckdb.DuckDBPyConnection,
    protocol: str,
    service_port: int | None,
    seen: Mapping[str, str],
    web: bool = False,
) -> Vector:
    """One vector of the kept events; `seen` are the further columns whose shares are told, by field."""
    rows = f"SELECT * FROM store.flood WHERE protocol = '{protocol}' AND service_port IS NOT DISTINCT FROM "
    rows += "NULL" if service_port is None else str(service_port)
    flows, packets, octets, first, last = connection.sql(
        "SELECT count(*), CAST(sum(packets) AS BIGINT), CAST(sum(octets) AS BIGINT), min(time_us), max(time_us) "
        f"FROM ({rows})"
    ).fetchall()[0]
    sources = connection.sql(
        f"SELECT DISTINCT source FROM ({rows}) WHERE source IS NOT NULL ORDER BY source "
        f"LIMIT {limits.FINGERPRINT_SOURCES}"
    ).fetchall()
    ports = _shares(connection, rows, "port", _PORT_SHARE)
    return Vector(
        protocol=protocol,
        service=_web_service(ports) if web else SERVICES.get(service_port or 0),
        source_port=service_port,
        destination_ports=ports,
        tcp_flags={} if web or protocol != "TCP" else _shares(connection, rows, "flags", _FLAG_SHARE),
        flows=flows,
        packets=packets,
        octets=octets,
        first_us=first,
        last_us=last,
        sources=tuple(str(source) for (source,) in sources),
        http={name: _shares(connection, rows, column, _HTTP_SHARE) for name, column in seen.items()},
    )


def _shares(connection: duckdb.DuckDBPyConnection, rows: str, column: str, least: float) -> Shares:
    """Values of a column that have at least this part of the packets (of the events, where packets are not counted)."""
    found = connection.sql(
        f"WITH n AS (SELECT {column} AS value, sum(COALESCE(packets, 1)) AS n FROM ({rows}) GROUP BY ALL) "
        f"SELECT CAST(value AS VARCHAR), n / (SELECT sum(n) FROM n) AS share FROM n "
        f"WHERE value IS NOT NULL AND n >= {least} * (SELECT sum(n) FROM n) ORDER BY share DESC, 1"
    ).fetchall()
    return {str(value): round(float(share), 3) for value, share in found}


def _web_service(ports: Shares) -> str:
    known = [SERVICES[int(port)] for port in ports if int(port) in SERVICES]
    return known[0] if known else "HTTP"
