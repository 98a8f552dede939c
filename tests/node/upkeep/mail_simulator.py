"""A mail server on loopback: enough of SMTP (RFC 5321), STARTTLS and AUTH to take a mail or to refuse it."""

import base64
import datetime
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """What it took, and how it answers."""

    port: int = 0
    refuse: str = ""  # an answer to every recipient
    password: str = ""
    context: ssl.SSLContext | None = None
    at_once: bool = False  # TLS from the first byte
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        told, to = self.server.told, []
        secure, logged_in = False, not told.password
        try:
            if told.context and told.at_once:
                self._secure(told.context)
                secure = True
            self._say("220 mail ready")
            while line := self.rfile.readline(2000):
                verb, _, rest = line.decode().strip().partition(" ")
                match verb.upper():
                    case "EHLO":
                        more = ["STARTTLS"] if told.context and not secure else []
                        more += ["AUTH PLAIN"] if told.password else []
                        for each in ["mail", *more][:-1]:
                            self._say(f"250-{each}")
                        self._say(f"250 {['mail', *more][-1]}")
                    case "STARTTLS" if told.context:
                        self._say("220 go on")
                        self._secure(told.context)
                        secure = True
                    case "AUTH":
                        shown = base64.b64decode(rest.split()[1]).split(b"\0")[-1].decode()
                        logged_in = shown == told.password
                        self._say("235 welcome" if logged_in else "535 wrong")
                    case "MAIL" if logged_in:
                        self._say("250 ok")
                    case "RCPT":
                        to.append(rest[4:-1] if not rest.endswith("]") else rest)
                        self._say(told.refuse or "250 ok")
                    case "DATA":
                        self._say("354 go on")
                        self._take(told, to, secure)
                        self._say("250 taken")
                    case "RSET":
                        self._say("250 ok")
                    case "QUIT":
                        self._say("221 bye")
                        return
                    case _:
                        self._say("530 log in first" if not logged_in else "500 what?")
        except (OSError, ssl.SSLError):
            return  # the client left

    def finish(self) -> None:
        for each in (self.rfile, self.wfile, self.connection):
            with suppress(OSError):
                each.close()

    def _take(self, told: MailServer, to: list[str], secure: bool) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        read = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(read, EmailMessage)
        told.mails.append(read)
        told.recipients.append(to)
        told.secure.append(secure)

    def _secure(self, context: ssl.SSLContext) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    told: MailServer


@contextmanager
def mail_server(told: MailServer | None = None) -> Iterator[MailServer]:
    """A server that answers meanwhile."""
    told = told or MailServer()
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.told = told
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path, name: str = "localhost") -> ssl.SSLContext:
    """A server's context with a certificate of its own in `folder/mail.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "mail.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "mail.key").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
    return context
