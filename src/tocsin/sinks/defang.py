"""Addresses that people read but must not open by a slip: URLs, mail addresses, public IP addresses.

`http://evil.example/a.js` → `hxxp://evil[.]example/a.js`, `a@evil.example` → `a[@]evil[.]example`,
`203.0.113.9` → `203[.]0[.]113[.]9`. Addresses that are never reachable from outside (RFC 1918, loopback,
link-local) stay as they are: a click on them leads nowhere new, and analysts search for them.
Already defanged text stays the same. Never used for values that machines read.
"""

import ipaddress
import re

_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+]{1,15}):([/\\]{2,8})")
_HOST = re.compile(r"(?i)((?:(?:hxxp|fxp)s?:|\[:\])[/\\]{2,8})([^\s/?#\\\"'<>|]{1,255})")
_BARE_WEB = re.compile(r"(?i)\bwww(?=\.[a-z0-9-]{1,63}\.[a-z])[a-z0-9.-]{1,255}")
_MAIL = re.compile(r"(?<=[\w.+-])@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")
_IPV4 = re.compile(r"(?<![\w.\]])\d{1,3}(?:\.\d{1,3}){3}(?![\w\[]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.\]])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:\[])")
_SIGN = re.compile(r"(?<!\[)@(?!\])")
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
    text = _SCHEME.sub(_broken_scheme, text)
    text = _HOST.sub(lambda match: match[1] + _SIGN.sub("[@]", _dots(match[2])), text)
    text = _BARE_WEB.sub(lambda match: _dots(match.group()), text)
    text = _MAIL.sub(lambda match: f"[@]{_dots(match[1])}", text)
    text = _IPV4.sub(_broken_address, text)
    return _IPV6.sub(_broken_address, text)


def _broken_scheme(match: re.Match[str]) -> str:
    scheme, slashes = match[1].lower(), match[2]
    if scheme in _SCHEMES:
        return f"{_SCHEMES[scheme]}:{slashes}"
    if "\\" in slashes or scheme in _SCHEMES.values():
        return match.group()  # a drive or registry path (browsers take \\ for // only in web addresses), or done
    return f"{match[1]}[:]{slashes}"


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
