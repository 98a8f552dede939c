"""The bounds of the HTTP server, so that a test can make them small."""

from dataclasses import dataclass

from tocsin import limits


@dataclass(frozen=True, slots=True)
class Bounds:
    """Each as in `limits` under HTTP."""

    connections: int = limits.HTTP_CONNECTIONS
    connections_of_one_address: int = limits.HTTP_CONNECTIONS_OF_ONE_ADDRESS
    headers: int = limits.HTTP_HEADERS
    header_bytes: int = limits.HTTP_HEADER_BYTES
    header_seconds: float = limits.HTTP_HEADER_SECONDS
    idle_seconds: float = limits.HTTP_IDLE_SECONDS
    body_seconds: float = limits.HTTP_BODY_SECONDS
    body_bytes_per_second: int = limits.HTTP_BODY_BYTES_PER_SECOND
    write_seconds: float = limits.HTTP_WRITE_SECONDS
    tls_seconds: float = limits.HTTP_TLS_SECONDS
