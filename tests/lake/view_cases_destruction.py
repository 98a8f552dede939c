"""The cases of `destruction_signs`; see `view_cases.py`."""

# ruff: noqa: E501  (a case is easier to read in long lines)

from view_cases import SYSMON, Case, security, windows

VIEW = "destruction_signs"
DRIVERS = r"C:\Windows\System32\drivers"

DESTRUCTION = [
    windows(
        VIEW, SYSMON, "9", {"Image": r"C:\Users\a\x.exe", "Device": r"\Device\Harddisk0\DR0", "ProcessId": "7", "ProcessGuid": "{1}", "User": r"LAB\anna"},
        {"sign": "raw disk", "means": "disk opened", "target": r"\Device\Harddisk0\DR0", "is_usual": False,
         "actor_process_name": "x.exe", "actor_process_pid": 7, "actor_process_uid": "{1}", "actor_user_name": r"LAB\anna"},
    ),
    windows(
        VIEW, SYSMON, "9", {"Image": r"C:\Windows\System32\VSSVC.exe", "Device": r"\Device\HarddiskVolume2"},
        {"means": "volume opened", "is_usual": True},
    ),
    security(
        VIEW, "4656", {"ObjectName": r"\Device\Harddisk0\DR0", "ProcessName": r"C:\x.exe", "ProcessId": "0x10", "SubjectUserName": "anna"},
        {"sign": "raw disk", "means": "disk opened", "is_usual": False, "actor_process_pid": 16, "actor_user_name": "anna"},
    ),
    windows(
        VIEW, SYSMON, "6", {"ImageLoaded": rf"{DRIVERS}\a.sys", "Signed": "true", "Signature": "Contoso", "SignatureStatus": "Revoked"},
        {"sign": "kernel driver", "means": "driver loaded", "target": rf"{DRIVERS}\a.sys", "is_usual": False, "is_trusted": False},
    ),
    windows(
        VIEW, "System", "7045", {"ServiceName": "a", "ServiceType": "kernel mode driver", "ImagePath": r"C:\Windows\System32\DriverStore\FileRepository\a.sys"},
        {"sign": "kernel driver", "means": "kernel service installed", "is_usual": True, "is_trusted": None},
    ),
    security(
        VIEW, "4697", {"ServiceName": "a", "ServiceType": "0x1", "ServiceFileName": r"C:\Temp\a.sys", "SubjectUserName": "bob"},
        {"sign": "kernel driver", "target": r"C:\Temp\a.sys", "is_usual": False, "actor_user_name": "bob"},
    ),
    windows(
        VIEW, SYSMON, "1", {"Image": r"C:\Windows\System32\vssadmin.exe", "CommandLine": 'vssadmin.exe  "Delete" Shadows /All /Quiet', "ProcessId": "7", "ProcessGuid": "{1}"},
        {"sign": "recovery inhibition", "means": "shadow copies deleted", "actor_process_name": "vssadmin.exe", "actor_process_uid": "{1}"},
    ),
    security(
        VIEW, "4688", {"NewProcessName": r"C:\Windows\System32\net.exe", "CommandLine": 'net stop "SQL Server (A)" /y', "NewProcessId": "0x10", "SubjectUserName": "anna"},
        {"sign": "service stop", "means": "service stopped", "target": "sql server (a)", "actor_process_pid": 16},
    ),
    windows(
        VIEW, "Microsoft-Windows-PowerShell/Operational", "4104", {"ScriptBlockText": "Get-WmiObject Win32_Shadowcopy | % {$_.Delete();}"},
        {"sign": "recovery inhibition", "means": "shadow copies deleted", "actor_process_name": "powershell.exe"},
    ),
    windows(
        VIEW, SYSMON, "13", {"TargetObject": r"HKLM\System\CurrentControlSet\Control\CrashControl\CrashDumpEnabled", "Details": "DWORD (0x00000000)", "Image": r"C:\x.exe", "ProcessId": "7"},
        {"sign": "recovery inhibition", "means": "crash dumps off", "actor_process_name": "x.exe"},
    ),
    windows(
        VIEW, "Application", "524", {"Provider_Name": "Microsoft-Windows-Backup"},
        {"sign": "recovery inhibition", "means": "backups deleted", "target": "backup catalog"},
    ),
    security(VIEW, "1102", {"SubjectUserName": "bob"}, {"sign": "log clearing", "target": "Security", "actor_user_name": "bob"}),
    windows(VIEW, "System", "104", {"EventData_Channel": "System"}, {"sign": "log clearing", "target": "System"}),
    windows(VIEW, "System", "7036", {"param1": "Druckwarteschlange", "param2": "Beendet"}, {"sign": "service stop", "means": "service stopped", "target": "druckwarteschlange"}),
    windows(
        VIEW, "System", "7040", {"param1": "Volume Shadow Copy", "param2": "demand start", "param3": "disabled", "param4": "VSS"},
        {"means": "service disabled", "target": "vss"},
    ),
    windows(
        VIEW, SYSMON, "26", {"TargetFilename": r"D:\shares\a\plan.DOCX", "Image": r"C:\Users\a\x.exe", "ProcessId": "7", "ProcessGuid": "{1}"},
        {"sign": "file loss", "means": "deleted", "extension": "docx", "is_usual": False},
    ),
    windows(
        VIEW, SYSMON, "11", {"TargetFilename": r"D:\shares\a\plan.docx.locked", "Image": "System", "ProcessId": "4"},
        {"sign": "file loss", "means": "renamed", "extension": "locked", "is_usual": False},
    ),
    security(
        VIEW, "4663", {"ObjectType": "File", "ObjectName": r"D:\shares\a\plan.docx", "AccessMask": "0x2", "ProcessName": r"C:\Windows\explorer.exe", "ProcessId": "0x10"},
        {"sign": "file loss", "means": "overwritten", "extension": "docx", "is_usual": True, "actor_process_pid": 16},
    ),
    windows(VIEW, "System", "1074", {"param1": "shutdown.exe"}, {"sign": "shutdown"}),
    Case(
        VIEW, "linux_auditd", {"type": "EXECVE", "node": "srv", "exe": "/usr/bin/dd", "a0": "dd", "cmdline": "dd if=/dev/zero of=/dev/sda bs=1M", "pid": "9", "auid_name": "anna"},
        {"sign": "raw disk", "means": "disk written by a command", "target": "/dev/sda", "actor_process_name": "dd", "actor_user_name": "anna", "device_hostname": "srv"},
    ),
]  # fmt: skip
