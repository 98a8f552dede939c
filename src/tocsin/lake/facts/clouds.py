"""Which MISP warning lists are lists of clouds or of hosting, by the name that the list gives itself.

A warning list says only "these are known": of banks, of researchers' scanners, of clouds. Only what stands here is
taken without being asked; `--kind` takes any other list as what its owner says it is.
"""

from collections.abc import Mapping
from types import MappingProxyType

LISTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "List of known Akamai IP ranges": ("cloud", "Akamai"),
        "List of known Amazon AWS IP address ranges": ("cloud", "Amazon AWS"),
        "List of known Bunny.net CDN ranges": ("cloud", "Bunny.net"),
        "List of known Cloudflare IP ranges": ("cloud", "Cloudflare"),
        "List of known Fastly IP address ranges": ("cloud", "Fastly"),
        "List of known GCP (Google Cloud Platform) IP address ranges": ("cloud", "Google Cloud"),
        "List of known Microsoft Azure Datacenter IP Ranges": ("cloud", "Microsoft Azure"),
        "List of known Microsoft Azure China Datacenter IP Ranges": ("cloud", "Microsoft Azure China"),
        "List of known Microsoft Azure Germany Datacenter IP Ranges": ("cloud", "Microsoft Azure Germany"),
        "List of known Microsoft Azure US Government Cloud Datacenter IP Ranges": (
            "cloud",
            "Microsoft Azure US Government",
        ),
        "List of known Office 365 IP address ranges": ("cloud", "Microsoft 365"),
        "List of known Office 365 IP address ranges in China": ("cloud", "Microsoft 365 China"),
        "List of known Oracle Cloud Infrastructure (OCI) IP address ranges": ("cloud", "Oracle Cloud"),
        "List of known OVH Cluster IPs": ("cloud", "OVHcloud"),
        "List of known Stackpath CDN IP ranges": ("cloud", "StackPath"),
        "List of known Office 365 URLs": ("cloud-names", "Microsoft 365"),
        "Specialized list of vpn-ipv4 addresses belonging to common VPN providers and datacenters": (
            "hosting",
            "VPN providers and datacenters, IPv4",
        ),
        "Specialized list of IPv6 addresses belonging to common VPN providers and datacenters": (
            "hosting",
            "VPN providers and datacenters, IPv6",
        ),
    }
)
"""Kind and provider by the list's own name."""
