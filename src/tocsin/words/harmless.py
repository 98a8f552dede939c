"""What looks like an attack and is none: for each kind of act the harmless cause that is met most often.

Phrases start in lower case, end without a stop and fit into "If it is harmless, then most likely: {phrase}."
A technique without a phrase takes its parent's, then its tactic's. Technique ids are those of ATT&CK v19.
Our judgement, after reading the `falsepositives` of SigmaHQ's 3,780 rules by technique: half of them name no cause.
"""

from collections.abc import Iterable

from tocsin.words.attack import current
from tocsin.words.messages import mark, say

HARMLESS = mark("If it is harmless, then most likely: {cause}.")
ANY_CAUSE = mark("everyday work of a person or program that the rule does not know")
"""Where a finding names neither technique nor tactic."""


def if_harmless(cause: str) -> str:
    """The sentence in which an incident names its likely harmless cause."""
    return say(HARMLESS, cause=cause)


def usual_cause(techniques: Iterable[str], tactics: Iterable[str]) -> str:
    """The cause of the first technique that has a phrase, else of the first tactic, else `ANY_CAUSE`."""
    for technique in map(current, techniques):
        phrase = TECHNIQUE_CAUSES.get(technique) or TECHNIQUE_CAUSES.get(technique.partition(".")[0])
        if phrase:
            return say(phrase)
    return say(next((TACTIC_CAUSES[tactic] for tactic in tactics if tactic in TACTIC_CAUSES), ANY_CAUSE))


TACTIC_CAUSES: dict[str, str] = {
    "reconnaissance": mark("the daily search of the whole internet by scanners and researchers"),
    "resource-development": mark("a tool that your own security or development people keep"),
    "initial-access": mark("an unusual but wanted way in: a partner, a supplier or a colleague on a journey"),
    "execution": mark("a script of an administrator or of software distribution"),
    "persistence": mark("an installation or update that sets up its own service, task or start entry"),
    "privilege-escalation": mark("an installation or an administrator who needs higher rights for a moment"),
    "stealth": mark("a software package that unpacks or hides its own files"),
    "defense-impairment": mark("maintenance, or a change from one protection product to another"),
    "credential-access": mark("a password manager, security product or inventory that looks at stored passwords"),
    "discovery": mark("an inventory or monitoring program, or an administrator who looks something up"),
    "lateral-movement": mark("an administrator or software distribution that works on other machines"),
    "collection": mark("a backup, search index or synchronisation that reads everything"),
    "command-and-control": mark("an update, remote maintenance or cloud service that calls its maker"),
    "exfiltration": mark("a backup, a file exchange with a partner or a cloud drive"),
    "impact": mark("maintenance: a restart, a removal of old data or a change of systems"),
}  # fmt: skip
"""In the order of the matrix. Keys are ATT&CK's short names."""

TECHNIQUE_CAUSES: dict[str, str] = {
    "T1003": mark("a crash dump, or a security product that looks into the memory of LSASS"),
    "T1003.003": mark("a backup of a domain controller"),
    "T1003.006": mark("a directory synchronisation or a new domain controller"),
    "T1016": mark("an inventory program or a colleague who looks for a fault in the network"),
    "T1018": mark("an inventory or monitoring program"),
    "T1021.001": mark("an administrator or the help desk at a remote desktop"),
    "T1021.002": mark("software distribution or an administrator who copies over a file share"),
    "T1021.006": mark("an administrator's script or a configuration tool that uses WinRM"),
    "T1027": mark("an installer or management agent that passes its commands encoded"),
    "T1036": mark("a program that was renamed or lies in an unusual folder"),
    "T1037": mark("a logon script of the domain"),
    "T1046": mark("a vulnerability scanner or monitoring of your own"),
    "T1047": mark("a management or inventory tool that asks by WMI"),
    "T1048": mark("a backup or a file exchange with a partner"),
    "T1053": mark("an installation or update that sets up its own task"),
    "T1055": mark("a security product or a tool for accessibility that looks into other programs"),
    "T1056": mark("remote support or a tool for accessibility"),
    "T1059.001": mark("a PowerShell script of an administrator or of software distribution"),
    "T1068": mark("a security test, or an old program that misuses its rights"),
    "T1070": mark("a cleaning program or script that removes old files and logs"),
    "T1685.001": mark("a change of the logging settings by an administrator"),
    "T1685.005": mark("an administrator who cleared the log before a test or on a rebuilt machine"),
    "T1071": mark("an update, telemetry or licence program that calls its maker at fixed times"),
    "T1078": mark("the account's owner at another place, hour or device than usual"),
    "T1082": mark("an inventory program or the help desk"),
    "T1087": mark("an inventory program, or an administrator who looks up accounts"),
    "T1069": mark("an inventory program, or an administrator who looks up groups"),
    "T1033": mark("a logon script, an inventory program or the help desk"),
    "T1049": mark("a colleague who looks for a fault in the network"),
    "T1057": mark("monitoring, or the help desk that looks for a hanging program"),
    "T1482": mark("an inventory of the directory, or an administrator who looks up trusts"),
    "T1090": mark("a proxy or remote access that somebody set up for work"),
    "T1098": mark("an administrator who gave or changed rights on request"),
    "T1105": mark("an installation or update that fetches its files"),
    "T1110": mark("an old or forgotten password that a service, a telephone or a person keeps trying"),
    "T1112": mark("an installation, or a setting that group policy spreads"),
    "T1114": mark("a backup, migration or synchronisation of mailboxes"),
    "T1133": mark("a colleague or supplier who works from outside"),
    "T1134": mark("a service that acts in the name of its users"),
    "T1136": mark("onboarding, or a program that makes its own account"),
    "T1140": mark("an installer that unpacks its files"),
    "T1190": mark("a vulnerability scanner of your own, or a badly written web application"),
    "T1197": mark("an updater that fetches its files by BITS"),
    "T1203": mark("a document with unusual but wanted contents"),
    "T1204": mark("a wanted file or program that came by mail or download"),
    "T1207": mark("a new domain controller"),
    "T1218": mark("an installer or management agent that calls Windows' own programs"),
    "T1219": mark("remote support by the help desk or a supplier"),
    "T1222": mark("an installation, or an administrator who repairs file rights"),
    "T1484": mark("an administrator who changed group policy"),
    "T1485": mark("removal of old data, or a disk that is wiped before disposal"),
    "T1486": mark("encryption of files or folders by their owner"),
    "T1489": mark("an update or restart of a product that stops its services"),
    "T1490": mark("a backup program that removes its oldest copies"),
    "T1496": mark("a computing job that somebody ordered"),
    "T1498": mark("a crowd of real visitors, or clients that retry after a fault"),
    "T1505": mark("an installation or update of the server software"),
    "T1505.003": mark("a new script of the site's own developers, or a partner's call to it"),
    "T1529": mark("planned maintenance or a restart after updates"),
    "T1531": mark("offboarding, or accounts that lock themselves after forgotten passwords"),
    "T1543": mark("an installation or update that sets up its own service"),
    "T1546": mark("a management product that reacts to events"),
    "T1547": mark("an installation or update that starts with the system"),
    "T1548": mark("an old program that asks for higher rights in an unusual way"),
    "T1550": mark("an old application, or a scanner that signs in with NTLM"),
    "T1552": mark("an administrator or search program that goes through files"),
    "T1553": mark("an installation of a certificate by the organisation itself"),
    "T1555": mark("a browser, password manager or backup that reads its own store"),
    "T1556": mark("an installation of a sign-in product"),
    "T1557": mark("a proxy, or a device that answers names in the network"),
    "T1558": mark("an old application that only knows weak encryption, or an audit of service accounts"),
    "T1560": mark("work or a backup that is packed before it is sent"),
    "T1561": mark("an installation stick or disk image that somebody writes"),
    "T1564": mark("a program that starts its helpers without a window"),
    "T1566": mark("a newsletter or an unusual but wanted mail"),
    "T1567": mark("a cloud drive or file exchange that people use for work"),
    "T1569": mark("software distribution or an administrator's remote tool"),
    "T1570": mark("software distribution that copies its packages"),
    "T1571": mark("a service of a partner or of your own on an unusual port"),
    "T1572": mark("a tunnel that an administrator or supplier uses"),
    "T1574": mark("a program that brings its own libraries"),
    "T1595": mark("the daily search of the whole internet by scanners and researchers"),
    "T1620": mark("a program that loads its parts without files, as some installers do"),
    "T1685": mark("maintenance, or a change from one protection product to another"),
    "T1686": mark("an installation that opens the port it needs"),
}  # fmt: skip
"""Where the tactic's phrase would say too little."""
