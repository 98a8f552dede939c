"""Domains that belong to a story no more than the road does.

`EVERYBODYS` are called from most networks by their operating systems, browsers and developers, so that a shared name
says nothing. Below `PLATFORMS` everybody can have a name of their own: there the whole name is specific.
Both lists are short on purpose: the logs of traffic (triage.threads, `Callers`) know better what is shared here.
"""

EVERYBODYS = frozenset(
    {
     "microsoft.com", "windows.com", "windowsupdate.com", "live.com", "office.com", "office.net", "office365.com",
     "outlook.com", "skype.com", "msftconnecttest.com", "msftncsi.com", "msn.com", "bing.com", "azure.com",
     "microsoftonline.com", "sharepoint.com", "visualstudio.com", "google.com", "googleapis.com", "gstatic.com",
     "googleusercontent.com", "youtube.com", "gmail.com", "android.com", "apple.com", "icloud.com", "mozilla.org",
     "mozilla.net", "firefox.com", "ubuntu.com", "debian.org", "redhat.com", "fedoraproject.org", "github.com",
     "githubusercontent.com", "gitlab.com", "bitbucket.org", "sourceforge.net", "python.org", "pypi.org", "npmjs.org",
     "pythonhosted.org", "npmjs.com", "docker.com", "docker.io", "adobe.com", "oracle.com", "java.com", "vmware.com",
     "amazon.com", "cloudflare.com", "cloudflare.net", "akamai.net", "akamaiedge.net", "akamaitechnologies.com",
     "fastly.net", "edgesuite.net", "digicert.com", "verisign.com", "letsencrypt.org", "lencr.org", "globalsign.com",
     "sectigo.com", "entrust.net", "facebook.com", "instagram.com", "twitter.com", "x.com", "linkedin.com",
     "whatsapp.com", "telegram.org", "discord.com", "slack.com", "zoom.us", "yahoo.com", "wikipedia.org", "dropbox.com",
     "pastebin.com", "in-addr.arpa", "ip6.arpa"
    }
)  # fmt: skip
PLATFORMS = frozenset(
    {
     "amazonaws.com", "cloudfront.net", "azurewebsites.net", "azureedge.net", "windows.net", "cloudapp.net",
     "azurefd.net", "appspot.com", "web.app", "firebaseapp.com", "herokuapp.com", "workers.dev", "pages.dev",
     "netlify.app", "vercel.app", "github.io", "gitlab.io", "trycloudflare.com", "ngrok.io", "ngrok.app",
     "ngrok-free.app", "duckdns.org", "ddns.net", "no-ip.org", "hopto.org", "blogspot.com", "wordpress.com"
    }
)  # fmt: skip
