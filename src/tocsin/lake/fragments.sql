-- Parts that many views share, written once and put in where a view is read (`view_fragments`).
--
-- `name()` alone in a SELECT list stands for the columns below that name; `name(expression)` stands for the
-- one expression, with `value` replaced.

-- fragment: zeek_endpoints: who talks to whom in every log of Zeek
SELECT
  "id.orig_h" AS src_endpoint_ip,
  TRY_CAST("id.orig_p" AS BIGINT) AS src_endpoint_port,
  "id.resp_h" AS dst_endpoint_ip,
  TRY_CAST("id.resp_p" AS BIGINT) AS dst_endpoint_port;

-- fragment: eve_endpoints: who talks to whom in every event of Suricata
SELECT
  "src_ip" AS src_endpoint_ip,
  TRY_CAST("src_port" AS BIGINT) AS src_endpoint_port,
  "dest_ip" AS dst_endpoint_ip,
  TRY_CAST("dest_port" AS BIGINT) AS dst_endpoint_port;

-- fragment: number_or_hex: an id of at most 32 bits, in digits or, as the Security log writes it, as 0x and hexadecimal digits; only DuckDB casts the latter, so it is added up
SELECT
  CASE
    WHEN regexp_matches(value, '^0[xX][0-9a-fA-F]{1,8}$') THEN
      (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 1, 1)) - 1) * 268435456
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 2, 1)) - 1) * 16777216
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 3, 1)) - 1) * 1048576
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 4, 1)) - 1) * 65536
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 5, 1)) - 1) * 4096
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 6, 1)) - 1) * 256
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 7, 1)) - 1) * 16
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 8, 1)) - 1)
    WHEN NOT regexp_matches(value, '^0[xX]') THEN TRY_CAST(value AS BIGINT)
  END;

-- fragment: occurrence: how often, first and last when, and in which hours (of the day, UTC) the rows of a group happened
SELECT
  count(*) AS n,
  min(time_us) AS first_us,
  max(time_us) AS last_us,
  bit_or(hour_bit(time_us)) AS hours;

-- fragment: hour_bit: 2 to the hour of the day (UTC) of microseconds since 1970
SELECT CAST(power(2, value // 3600000000 % 24) AS BIGINT);

-- fragment: whole: a number of at most twelve digits without its fraction; NULL where it is negative, larger or no number
SELECT CASE WHEN value >= 0 AND value < 1000000000000 THEN CAST(floor(value) AS BIGINT) END;

-- fragment: plain_name: a host, account or file name in lower case, without the root's dot at the end, at most 255 characters; NULL where empty
SELECT NULLIF(substr(lower(CASE WHEN ends_with(value, '.') THEN substr(value, 1, length(value) - 1) ELSE value END), 1, 255), '');

-- fragment: plain_ip: an address in lower case, IPv4 without the prefix ::ffff: that dual-stack systems write; NULL where empty
SELECT NULLIF(CASE WHEN starts_with(lower(value), '::ffff:') THEN substr(value, 8) ELSE lower(value) END, '');

-- fragment: registered_domain: of a plain name its last two labels, or three where the last two are a public suffix (co.uk, gov.al); an address or a single label as it is. `domain_facts` has the public suffix list's answer
SELECT
  CASE
    WHEN contains(value, ':') OR regexp_matches(value, '^[0-9.]+$') THEN value
    WHEN regexp_matches(value, '[^.][.](ac|asso|co|com|edu|gob|gov|govt|gouv|gub|gv|in|info|ltd|me|mil|muni|ne|net|nhs|nom|or|org|plc|police|sch|tm)[.][a-z][a-z]$')
      THEN COALESCE(NULLIF(regexp_extract(value, '([^.]+[.][^.]+[.][^.]+)$', 1), ''), value)
    ELSE COALESCE(NULLIF(regexp_extract(value, '([^.]+[.][^.]+)$', 1), ''), value)
  END;

-- fragment: log_bin: the number of the logarithmic bin (width a tenth, so any quantile is off by less than 5 %) of a number: -1 below 1, else bin b holds 1.1^b up to 1.1^(b + 1)
SELECT CASE WHEN value < 1 THEN CAST(-1 AS BIGINT) ELSE CAST(floor(ln(value) / ln(1.1)) AS BIGINT) END;

-- fragment: totals: as `occurrence`, of rows that hold occurrences: n counts these rows
SELECT
  count(*) AS n,
  min(first_us) AS first_us,
  max(last_us) AS last_us,
  bit_or(hours) AS hours;

-- fragment: command_words: a command line of at most 4,000 characters in lower case, without quotes and carets, one blank between words
SELECT trim(regexp_replace(regexp_replace(lower(substr(value, 1, 4000)), '["^`'']', '', 'g'), '[\s\x0b]+', ' ', 'g'));

-- fragment: has_destruction_word: whether a command line may be one that `destruction_means` knows; cheap, for WHERE
SELECT regexp_matches(lower(value), 'shadow|wbadmin|bcdedit|reagentc|restore|crashdump|eventlog|wevtutil|deletejournal|/var/log|of=|shred |wipefs|blkdiscard|stop|disable|taskkill');

-- fragment: destruction_means: of the words of a command: what it takes away from a computer, NULL where nothing. Keeping the newest backups and removing the oldest shadow copy is housekeeping and not in here
SELECT
  CASE
    WHEN regexp_matches(value, 'vssadmin([.]exe)? delete shadows .*/all|(diskshadow|^)([.]exe)?.*delete shadows all') THEN 'shadow copies deleted'
    WHEN regexp_matches(value, 'shadowcopy') AND regexp_matches(value, '[ .(]delete|remove-wmiobject|remove-ciminstance') THEN 'shadow copies deleted'
    WHEN regexp_matches(value, 'resize shadowstorage .*/maxsize=[0-9]{1,3} ?mb') THEN 'shadow storage shrunk'
    WHEN regexp_matches(value, 'wbadmin([.]exe)? delete (catalog|systemstatebackup|backup)')
      AND NOT regexp_matches(value, '-keepversions: ?[1-9]|-deleteoldest') THEN 'backups deleted'
    WHEN regexp_matches(value, 'recoveryenabled (no|off|0|false)|bootstatuspolicy ignoreallfailures') THEN 'boot recovery off'
    WHEN regexp_matches(value, 'reagentc([.]exe)? /disable') THEN 'recovery environment off'
    WHEN regexp_matches(value, 'disable-computerrestore|systemrestore.sr .*/disable') THEN 'system restore off'
    WHEN regexp_matches(value, 'crashcontrol.*crashdumpenabled.*(/d|-value) (0x)?0+( |$)') THEN 'crash dumps off'
    WHEN regexp_matches(value, 'wevtutil([.]exe)? (cl|clear-log) |(^|[ ;|({=])(clear|remove)-eventlog (-|[a-z])|nteventlog .*(cleareventlog| cl( |$))') THEN 'log cleared'
    WHEN regexp_matches(value, 'usn deletejournal') THEN 'change journal deleted'
    WHEN regexp_matches(value, '(rm|shred|unlink) .*/var/log(/?([ *]|$)|/(auth|secure|syslog|messages|kern|wtmp|btmp|lastlog|audit|journal))') THEN 'log cleared'
    WHEN regexp_matches(value, '(^|[ /])(dd .*of=(/dev/(sd|hd|vd|xvd|nvme|mmcblk|mapper)|....(physicaldrive|[a-z]:))|(shred|wipefs|blkdiscard) .*/dev/(sd|hd|vd|xvd|nvme|mmcblk|mapper))') THEN 'disk written by a command'
    WHEN regexp_matches(value, '(^|[^a-z0-9_-])sc([.]exe)? (..[^ ]+ )?config (vss|swprv|wbengine|sdrsvc) .*start= ?disabled|set-service .*(vss|swprv|wbengine|sdrsvc).* disabled') THEN 'backup service disabled'
    WHEN regexp_matches(value, '(^|[^a-z0-9_-])sc([.]exe)? (..[^ ]+ )?config [^ ]+ .*start= ?disabled|set-service .*disabled|systemctl (disable|mask) ') THEN 'service disabled'
    WHEN regexp_matches(value, '(^|[^a-z0-9_-])(net1?|sc)([.]exe)? (..[^ ]+ )?stop |stop-service |systemctl (--[a-z-]+ )*stop ') THEN 'service stopped'
    WHEN regexp_matches(value, 'taskkill([.]exe)? .*/im ') THEN 'program ended'
  END;

-- fragment: destruction_sign: the kind of sign that a text of `destruction_means` is
SELECT
  CASE
    WHEN value IN ('service stopped', 'service disabled', 'program ended') THEN 'service stop'
    WHEN value IN ('log cleared', 'change journal deleted') THEN 'log clearing'
    WHEN value = 'disk written by a command' THEN 'raw disk'
    WHEN value IS NOT NULL THEN 'recovery inhibition'
  END;

-- fragment: destruction_target: of the words of a command: the service, program or log that it takes away
SELECT
  COALESCE(
    NULLIF(regexp_extract(value, 'config ([^ ]+) .*disabled', 1), ''),
    NULLIF(regexp_extract(value, '(set|stop)-service (-[a-z]+ )*([^ ;|]+)', 3), ''),
    NULLIF(regexp_extract(value, 'systemctl (--[a-z-]+ )*[a-z]+ (--[a-z-]+ )*([^ ;&]+)', 3), ''),
    NULLIF(regexp_extract(value, ' stop ([^/&|]*[^/&| ])', 1), ''),
    NULLIF(regexp_extract(value, ' /im ([^ ]+)', 1), ''),
    NULLIF(regexp_extract(value, '(cl|clear-log|-eventlog) (-[a-z]+ )*([^ ;|]+)', 3), ''),
    NULLIF(regexp_extract(value, 'filename ?= ?([^ ]+)', 1), ''),
    NULLIF(regexp_extract(value, 'of=([^ ]+)', 1), ''),
    NULLIF(regexp_extract(value, '(/dev/[^ ]+)', 1), '')
  );

-- fragment: is_usual_disk_reader: whether the path of a program is one that reads disks below the file system every day: Windows itself, its search, defragmenter, backup and setup, and what is installed under Program Files
SELECT
  regexp_matches(
    lower(value),
    '^(system|<unknown process>)$|^[^a-z]*[a-z]:.(program files|program files .x86.).|^[^a-z]*[a-z]:.programdata.microsoft.windows defender.|^[^a-z]*[a-z]:..windows[.]~[a-z]+.sources.|temp.[0-9a-f-]+.dismhost[.]exe$|^[^a-z]*[a-z]:.windows.(explorer[.]exe$|systemapps.|winsxs.|servicing.|uus.|ccm.|cluster.|softwaredistribution.)|^[^a-z]*[a-z]:.windows.system32.(wbem.)?(svchost|lsass|dllhost|taskhostw?|vssvc|vds|vdsldr|wbengine|wbadmin|defrag|dfrgui|search[a-z]+|chkdsk|chkntfs|autochk|smss|csrss|services|wininit|winlogon|spoolsv|mmc|cleanmgr|compattelrunner|usocoreworker|mousocoreworker|backgroundtaskhost|runtimebroker|tiworker|sppsvc|ntdsutil|esentutl|diskpart|diskshadow|vssadmin|fsutil|format|msiexec|dism|dismhost|recdisc|rstrui|bcdboot|bcdedit|reagentc|systemreset|manage-bde|sdclt|sysprep|wudfhost|sihost|wmiprvse|consent|logonui|systemsettings|provtool|deviceenroller|poqexec|mrt|ngentask|wsqmcons|spaceagent|fontdrvhost|lsaiso|dwm|devicecensus|sihclient|waasmedicagent|usoclient|wuauclt|musnotification[a-z]*|wermgr|werfault[a-z]*|taskmgr|perfmon|msinfo32|dxdiag|vmms|vmwp|vmcompute|fsdmhost|ddpsvc|srmhost|iscsicli|dfsrs|ntfrs)[.]exe$'
  );

-- fragment: lost_document: the extension of a document, picture, archive or database in a path where people and services keep them, NULL for anything else (caches, programs, source code and what is built of it, temporary files)
SELECT
  CASE WHEN NOT regexp_matches(lower(value), ':.(windows|program files|program files .x86.|programdata|perflogs|.recycle[.]bin)[^a-z]|[^a-z](appdata|temp|tmp|cache|node_modules|site-packages|[.]?venv|[.]git|dist|build|obj|winsxs|inetcache)[^a-z]')
    THEN NULLIF(regexp_extract(lower(value), '[.](docx?|docm|xlsx?|xlsm|pptx?|pdf|od[tspg]|rtf|txt|csv|jpe?g|png|tiff?|bmp|psd|dwg|vsdx?|msg|eml|pst|mdb|accdb|mdf|ldf|bak|sql|dbf?|sqlite|vmdk|vhdx?|vmx|zip|rar|7z|tar|t?gz|mp[34]|avi|mov|kdbx|pfx|p12)$', 1), '')
  END;

-- fragment: renamed_document: the extension that a path has after that of a document (report.docx.locked), NULL where there is none or where programs do so every day
SELECT
  CASE WHEN NOT regexp_matches(lower(value), ':.(windows|program files|program files .x86.|programdata)[^a-z]|[^a-z](appdata|temp|tmp|cache|node_modules|[.]git)[^a-z]|[.](tmp|temp|bak|old|lnk|url|part|partial|crdownload|download|lock|zip|gz|7z|rar|bz2|xz|zst|sig|asc|p7[ms]|json|xml|txt|html?|log|meta|config|sha[0-9]+|md5|[0-9]+)$')
    THEN NULLIF(regexp_extract(lower(value), '[.](docx?|docm|xlsx?|xlsm|pptx?|pdf|od[tspg]|rtf|txt|csv|jpe?g|png|tiff?|psd|dwg|vsdx?|msg|pst|mdb|accdb|mdf|ldf|bak|sql|dbf?|sqlite|vmdk|vhdx?|zip|rar|7z|mp[34]|kdbx)[.]([^.]{1,40})$', 2), '')
  END;

-- fragment: odd_extension: the extension of a path where it is none that programs commonly write, in a folder where people and services keep documents; NULL else
SELECT
  CASE WHEN NOT regexp_matches(lower(value), ':.(windows|program files|program files .x86.|programdata)[^a-z]|[^a-z](appdata|temp|tmp|cache|node_modules|[.]git)[^a-z]|[.](docx?|docm|dotx?|xlsx?|xlsm|xlsb|xltx?|pptx?|ppsx?|pdf|od[a-z]|rtf|txt|csv|tsv|md|log|jpe?g|png|gif|tiff?|bmp|svg|ico|webp|heic|raw|psd|ai|eps|dwg|dxf|vsdx?|msg|eml|pst|ost|mdb|accdb|mdf|ldf|ndf|bak|sql|dbf?|sqlite[0-9]?|vmdk|vhdx?|avhdx|vmx|vmem|zip|rar|7z|tar|t?gz|bz2|xz|zst|cab|iso|img|mp[0-9]|m4[av]|wav|flac|ogg|avi|mov|mkv|wmv|kdbx|pfx|p12|pem|cer|crt|key|html?|css|php|aspx?|jsp?|tsx?|jsx|vue|xml|xsd|xslt?|json|ya?ml|toml|ini|cfg|conf|config|inf|reg|cs|java|class|jar|war|py[co]?|rb|go|rs|[ch](pp)?|obj?|lib|so|a|o|pdb|dll|exe|msi|sys|bat|cmd|ps1|psm1|sh|vbs|lnk|url|tmp|temp|dat|bin|db-wal|db-shm|lock|part|partial|crdownload|download|old|new|etl|evtx|dmp|ttf|otf|woff2?|map|properties|resx?|sln|[a-z]*proj|gpx|kml|shp|shx|prj|ics|vcf|mui|mof|man|manifest|cat|nupkg|whl|idx|pack)$|:zone[.]identifier$')
    THEN NULLIF(regexp_extract(lower(value), '[.]([a-z0-9_-]{2,12})$', 1), '')
  END;

-- fragment: is_usual_remover: whether the path of a program is one that removes and replaces many files every day: Windows itself, people in the file manager, synchronisation, installers, and what is installed under Program Files
SELECT
  regexp_matches(
    lower(value),
    '^(system|<unknown process>)$|^[^a-z]*[a-z]:.(program files|program files .x86.).|^[^a-z]*[a-z]:.programdata.microsoft.windows defender.|onedrive[a-z]*[.]exe$|^[^a-z]*[a-z]:.windows.(explorer[.]exe$|systemapps.|winsxs.|servicing.|ccm.)|^[^a-z]*[a-z]:.windows.system32.(svchost|dfsrs|robocopy|xcopy|msiexec|dllhost|cleanmgr|search[a-z]+|vssvc|wbengine|tiworker|services|lsass|csrss|smss|runtimebroker|taskhostw|spoolsv|userinit|mstsc|tar)[.]exe$'
  );
