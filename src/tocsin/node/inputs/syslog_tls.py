"""TLS for syslog (RFC 5425): the server's settings, and what a client's certificate says.

Rules:
1. TLS 1.2 at least (RFC 9662 §5), forward secrecy, no compression, no renegotiation.
2. Where authorities are configured, every client has to show a certificate that one of them signed.
"""

import hashlib
import ssl

from tocsin.errors import ConfigError
from tocsin.node.inputs.sender import Certificate, TlsFiles

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # for TLS 1.2; all of TLS 1.3 are good


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """The settings of a listener. Raises ConfigError when a file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.client_ca is not None:
            context.load_verify_locations(files.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the TLS certificate or key of the syslog input cannot be used: {error.strerror or error}",
            "Name PEM files of a certificate, its key and the clients' authorities that the node may read.",
        ) from error
    return context


def certificate_of(connection: ssl.SSLObject) -> Certificate | None:
    """What the verified certificate of the other side says, None without one."""
    encoded = connection.getpeercert(binary_form=True)
    told = connection.getpeercert()
    if not encoded or not told:
        return None
    return Certificate(hashlib.sha256(encoded).hexdigest(), names_of(told))


def names_of(told: "ssl._PeerCertRetDictType") -> frozenset[str]:
    """The names in a certificate: subjectAltName, else the common name. Lower case."""
    alternative = told.get("subjectAltName", ())
    names = [str(each[1]) for each in alternative if len(each) == 2]  # type and value
    if not names:
        for relative in told.get("subject", ()):
            names += [str(part[1]) for part in relative if part[0] == "commonName"]
    return frozenset(name.lower() for name in names)
