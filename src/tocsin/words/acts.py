"""What an attacker did, in plain words: a short phrase for a technique, an entry for each tactic.

Phrases start in lower case and fit into "{phrase} on {host} by {user}".
Technique ids are those of ATT&CK v19; a sub-technique without a phrase takes its parent's.
"""

from dataclasses import dataclass

from tocsin.words.attack import current
from tocsin.words.cloud_steps import CLOUD_STEPS
from tocsin.words.messages import mark, say

_SAME_IN_CLOUDS = ("discovery", "collection")


@dataclass(frozen=True, slots=True)
class TacticWords:
    """A tactic for people: what was done, why it matters, what to do next."""

    act: str
    matters: str
    steps: tuple[str, ...]


def act_of(technique: str) -> str:
    """`credential dumping` for T1003.001; empty when there is no phrase."""
    identifier = current(technique)
    phrase = TECHNIQUE_ACTS.get(identifier) or TECHNIQUE_ACTS.get(identifier.partition(".")[0])
    return say(phrase) if phrase else ""


def tactic_act(tactic: str) -> str:
    """The phrase of a tactic; empty when the tactic is unknown."""
    return say(TACTIC_WORDS[tactic].act) if tactic in TACTIC_WORDS else ""


def matters(tactics: tuple[str, ...]) -> tuple[str, ...]:
    """Why these tactics matter, one sentence each."""
    return tuple(say(TACTIC_WORDS[tactic].matters) for tactic in tactics if tactic in TACTIC_WORDS)


def next_steps(tactic: str, cloud: bool = False) -> tuple[str, ...]:
    """What to do next about a tactic, on machines or in a cloud service."""
    if cloud and tactic in CLOUD_STEPS:
        return tuple(map(say, CLOUD_STEPS[tactic]))
    everywhere = not cloud or tactic in _SAME_IN_CLOUDS
    return tuple(map(say, TACTIC_WORDS[tactic].steps)) if everywhere and tactic in TACTIC_WORDS else ()


BLOCKING = mark("Block the outside address at the proxy and firewall, and search for it in all logs.")
"""The step that touches what belongs to the attacker."""

TECHNIQUE_ACTS: dict[str, str] = {
    "T1003": mark("credential dumping"),
    "T1003.003": mark("theft of the domain's password database"),
    "T1003.006": mark("theft of domain passwords by replication (DCSync)"),
    "T1005": mark("collection of local files"),
    "T1016": mark("discovery of the network"),
    "T1018": mark("discovery of other machines"),
    "T1021": mark("movement to other machines"),
    "T1021.001": mark("movement by remote desktop"),
    "T1021.002": mark("movement by file shares"),
    "T1021.006": mark("movement by WinRM"),
    "T1027": mark("hidden or encoded commands"),
    "T1033": mark("discovery of accounts"),
    "T1036": mark("disguised programs"),
    "T1037": mark("logon scripts"),
    "T1041": mark("data leaving by the control channel"),
    "T1046": mark("network scanning"),
    "T1047": mark("remote commands by WMI"),
    "T1048": mark("data leaving the network"),
    "T1049": mark("discovery of the network"),
    "T1053": mark("scheduled tasks"),
    "T1055": mark("code injection into other processes"),
    "T1056": mark("recording of keystrokes"),
    "T1057": mark("discovery of processes"),
    "T1059": mark("suspicious scripts and commands"),
    "T1059.001": mark("suspicious PowerShell"),
    "T1068": mark("an exploit for higher rights"),
    "T1069": mark("discovery of groups"),
    "T1070": mark("removal of traces"),
    "T1685.001": mark("switching off of logging"),
    "T1685.005": mark("log clearing"),
    "T1071": mark("control traffic in ordinary protocols"),
    "T1078": mark("use of valid accounts"),
    "T1082": mark("discovery of the system"),
    "T1087": mark("discovery of accounts"),
    "T1090": mark("traffic through proxies"),
    "T1098": mark("changes to accounts"),
    "T1105": mark("download of tools"),
    "T1110": mark("password guessing"),
    "T1112": mark("changes to the registry"),
    "T1114": mark("collection of mail"),
    "T1133": mark("entry through remote services"),
    "T1134": mark("misuse of access tokens"),
    "T1136": mark("new accounts"),
    "T1140": mark("decoding of hidden content"),
    "T1190": mark("exploitation of a public server"),
    "T1197": mark("misuse of transfer jobs (BITS)"),
    "T1203": mark("exploitation of a program"),
    "T1204": mark("a file that a user was led to open"),
    "T1207": mark("a rogue domain controller"),
    "T1218": mark("misuse of Windows' own programs"),
    "T1219": mark("remote control software"),
    "T1222": mark("changes to file rights"),
    "T1482": mark("discovery of domain trusts"),
    "T1484": mark("changes to domain policy"),
    "T1485": mark("destruction of data"),
    "T1486": mark("encryption of files for ransom"),
    "T1489": mark("stopping of services"),
    "T1490": mark("removal of backups"),
    "T1496": mark("theft of computing power"),
    "T1498": mark("a flood of traffic"),
    "T1505": mark("a foothold in server software"),
    "T1505.003": mark("a web shell"),
    "T1529": mark("forced shutdown"),
    "T1531": mark("locking out of accounts"),
    "T1543": mark("new or changed services"),
    "T1546": mark("start by an event"),
    "T1547": mark("start with the system"),
    "T1548": mark("bypass of elevation control"),
    "T1550": mark("use of stolen tickets or hashes"),
    "T1552": mark("search for stored passwords"),
    "T1553": mark("abuse of trust marks"),
    "T1555": mark("theft of stored passwords"),
    "T1556": mark("changes to how people log on"),
    "T1557": mark("interception of logons"),
    "T1558": mark("theft of Kerberos tickets"),
    "T1560": mark("packing of collected data"),
    "T1561": mark("wiping of disks"),
    "T1564": mark("hidden files and windows"),
    "T1566": mark("phishing"),
    "T1567": mark("data leaving by web services"),
    "T1569": mark("commands through services"),
    "T1570": mark("spreading of tools inside the network"),
    "T1571": mark("traffic on unusual ports"),
    "T1572": mark("tunnels"),
    "T1574": mark("hijacked program libraries"),
    "T1620": mark("code loaded only in memory"),
    "T1685": mark("switching off of defences"),
    "T1686": mark("switching off of the firewall"),
}

TACTIC_WORDS: dict[str, TacticWords] = {
    "reconnaissance": TacticWords(
        mark("probing from outside"),
        mark("Someone is learning what you have; an attack on what was found may follow."),
        (mark("Check what the probed addresses offer to the internet, and close what nobody needs."),),
    ),
    "resource-development": TacticWords(
        mark("preparation of tools"),
        mark("Tools or infrastructure for an attack appeared before the attack itself."),
        (mark("Find out where the tool came from and on which other machines it lies."),),
    ),
    "initial-access": TacticWords(
        mark("entry from outside"),
        mark("This is how someone may have come in; until it is closed, they can come back."),
        (
            mark("Find the door (mail, exposed server or remote login behind the first event) and close it."),
            mark("Look for the same sender, address or request on your other machines."),
        ),
    ),
    "execution": TacticWords(
        mark("execution of foreign commands"),
        mark("Somebody's code ran here with the rights of this account."),
        (
            mark("Read the full command line and the parent process; ask the account's owner if they started it."),
            mark("Keep the script or program (do not run it) and note its hash."),
        ),
    ),
    "persistence": TacticWords(
        mark("a foothold that survives a restart"),
        mark("Someone arranged to come back: cleaning up without removing this is in vain."),
        (
            mark("List services, tasks, run keys and accounts made since the first event, and who made them."),
            mark("Remove a foothold only after memory and disk are saved."),
        ),
    ),
    "privilege-escalation": TacticWords(
        mark("gain of higher rights"),
        mark("Higher rights let an attacker switch off defences and read every password on the machine."),
        (mark("Compare the rights of the account before and after the first event."),),
    ),
    "stealth": TacticWords(
        mark("hiding"),
        mark("Someone tries not to be seen: expect more than these events show."),
        (mark("Look at the same hour in other logs (proxy, DNS, firewall), which the attacker could not change."),),
    ),
    "defense-impairment": TacticWords(
        mark("weakening of defences"),
        mark("Defences or logs were weakened: what happened afterwards may be missing here."),
        (
            mark("Switch protection and logging back on, and note the gap in time."),
            mark("Fetch copies of the logs from the collector or backup before they roll over."),
        ),
    ),
    "credential-access": TacticWords(
        mark("theft of passwords"),
        mark("Stolen passwords open further machines: assume that every account used here is known to others."),
        (
            mark("Reset the passwords of all accounts that logged on to these machines, administrators first."),
            mark("If a domain controller is concerned, plan to reset the krbtgt account twice."),
            mark("Search for logons of these accounts from unusual machines since the first event."),
        ),
    ),
    "discovery": TacticWords(
        mark("looking around"),
        mark("Someone is learning the surroundings; movement to other machines often follows within hours."),
        (mark("Ask if an administrator or an inventory tool did this; if not, watch what the account touches next."),),
    ),
    "lateral-movement": TacticWords(
        mark("movement to other machines"),
        mark("The attack has left its first machine: more machines than these may be concerned."),
        (
            mark("Check the machines at the other end of these connections for the same account and hour."),
            mark("Block the account that moves between machines and end its sessions."),
        ),
    ),
    "collection": TacticWords(
        mark("collection of data"),
        mark("Data is being gathered, which is the last step before it leaves."),
        (mark("Find out which files, mailboxes or screens were read, and whose they are."),),
    ),
    "command-and-control": TacticWords(
        mark("remote control"),
        mark("A machine may take orders from outside."),
        (
            BLOCKING,
            mark("Find the process behind the connection before the machine is switched off."),
        ),
    ),
    "exfiltration": TacticWords(
        mark("data leaving the network"),
        mark("Data may have left: legal duties to report may have started to run."),
        (
            mark("Measure how much went where from the flow and proxy logs."),
            mark("Tell the person responsible for legal deadlines now."),
        ),
    ),
    "impact": TacticWords(
        mark("destruction or disruption"),
        mark("Data or services are being destroyed or stopped: every minute counts."),
        (
            mark("Cut the machines off the network at once, leave them running for evidence, and protect the backups."),
            mark("Find how the command came (group policy, remote service, management tool) and stop it there."),
        ),
    ),
}  # fmt: skip
"""In the order of the matrix. Keys are ATT&CK's short names."""
