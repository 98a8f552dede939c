"""Addresses that people read but must not open by a slip: URLs, mail addresses, public IP addresses.

`http://evil.example/a.js` → `hxxp://evil[.]example/a.js`, `a@evil.example` → `a[@]evil[.]example`,
`203.0.113.9` → `203[.]0[.]113[.]9`. Addresses that are never reachable from outside (RFC 1918, loopback,
link-local) stay as they are: a click on them leads nowhere new, and analysts search for them.
Already defanged text stays the same. Never used for values that machines read.
"""

import ipaddress
import re

_URL = re.compile(r"(?i)\b([a-z][a-z0-9+]{1,15})(\[:\]|:)(//[^\s/?#\\\"'<>|]{1,255})")
_BARE_WEB = re.compile(r"(?i)\bwww(?=\.[a-z0-9-]{1,63}\.[a-z])[a-z0-9.-]{1,255}")
_MAIL = re.compile(r"\b([\w.+-]{1,64})@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})\b")
_IPV4 = re.compile(r"(?<![\w.\]])\d{1,3}(?:\.\d{1,3}){3}(?![\w\[]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.\]])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:\[])")
_DOT = re.compile(r"(?<!\[)\.(?!\])")
_SCHEMES = {"http": "hxxp", "https": "hxxps", "ftp": "fxp", "ftps": "fxps"}
_INTERNAL = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8",
                 "255.255.255.255/32", "fc00::/7", "fe80::/10", "::1/128", "::/128")
)  # fmt: skip


def defang(text: str) -> str:
    """The text with every address broken so that no program takes it for a link."""
    if "." not in text and ":" not in text:
        return text
    text = _URL.sub(_broken_url, text)
    text = _BARE_WEB.sub(lambda match: _dots(match.group()), text)
    text = _MAIL.sub(lambda match: f"{match[1]}[@]{_dots(match[2])}", text)
    text = _IPV4.sub(_broken_address, text)
    return _IPV6.sub(_broken_address, text)


def _broken_url(match: re.Match[str]) -> str:
    scheme, colon, authority = match[1], match[2], match[3]
    renamed = _SCHEMES.get(scheme.lower(), scheme)
    if renamed == scheme and not scheme.lower().startswith(("hxxp", "fxp")):
        colon = "[:]"
    return renamed + colon + _dots(authority).replace("@", "[@]").replace("[[@]]", "[@]")


def _dots(text: str) -> str:
    return _DOT.sub("[.]", text)


def _broken_address(match: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(match.group())
    except ValueError:
        return match.group()
    if any(address.version == network.version and address in network for network in _INTERNAL):
        return match.group()
    return _dots(match.group()) if address.version == 4 else match.group().replace(":", "[:]")
