"""The certificates that a configuration names: the node's own, and those of the authorities of who sends.

A file may hold several (a chain, or more than one authority): it is good while all of them are.
"""

from pathlib import Path

from cryptography import x509

from tocsin.node.service.config import Config, NodeFolder, below
from tocsin.node.upkeep.check_facts import CertificateFacts


def certificates(folder: NodeFolder, config: Config) -> tuple[CertificateFacts, ...]:
    """What is known of each file, in the order of the configuration."""
    texts = [config.api.certificate, config.api.client_authority]
    for each in config.syslog:
        texts += [each.certificate, each.client_authority]
    return tuple(_read(path) for path in dict.fromkeys(below(folder, text) for text in texts if text))


def _read(path: Path) -> CertificateFacts:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return CertificateFacts(str(path), problem="cannot be read as a certificate")
    begin = max(each.not_valid_before_utc for each in found)
    return CertificateFacts(str(path), begin, min(each.not_valid_after_utc for each in found))
