"""What to do next where the attack is in a cloud or an identity service: there is no machine to cut off.

Sources: AWS Security Incident Response Guide; Microsoft's incident response playbooks for Entra ID and Microsoft 365.
"""

from tocsin.words.messages import mark

CLOUD_CONTAINMENT = mark("Suspend the keys and end the sessions of {users}; do not delete them, they are evidence.")

CLOUD_STEPS: dict[str, tuple[str, ...]] = {
    "initial-access": (
        mark("Look up the addresses and devices of these sign-ins, and which other accounts were used from them."),
        mark("Ask the account's owner over another channel if it was them."),
    ),
    "execution": (
        mark("List what the started commands, functions or containers did, and with whose role."),
    ),
    "persistence": (
        mark("List keys, applications, consents, federations, mailbox rules and accounts made since the first event."),
        mark("Remove them only after they are written down."),
    ),
    "privilege-escalation": (
        mark("Compare roles and policies before and after the first event, and take back what was added."),
    ),
    "defense-impairment": (
        mark("Switch the audit trail and the guard service back on, and note the gap in time."),
        mark("Keep a copy of the audit logs outside the account that was attacked."),
    ),
    "credential-access": (
        mark("Change every secret that was read, those of other systems first: assume that they are known."),
        mark("Search the audit logs for uses of these secrets and keys from new addresses."),
    ),
    "lateral-movement": (
        mark("List the roles and accounts that were taken on from here, and what they did since."),
    ),
    "exfiltration": (
        mark("List the snapshots, buckets and mailboxes that were shared or copied, and end the sharing."),
        mark("Tell the person responsible for legal deadlines now."),
    ),
    "impact": (
        mark("Block deletion: suspend the acting account, and lock backups and snapshots in another account."),
    ),
}  # fmt: skip
"""By ATT&CK's short name of the tactic; other tactics have no step of their own there."""
