"""Every bound on foreign input, in one place. A bound has a unit in its name or comment and a test.

Long on purpose: who asks how much something may be looks here and nowhere else.
The numbers are chosen so that honest telemetry never meets them and hostile input meets them early.
"""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# --- sources and archives
SNIFF_BYTES = 64 * KIB  # what a reader may look at to recognise its format
MEMORY_CONTENT_BYTES = 64 * MIB  # decompressed content above this goes to a temporary file
ARCHIVE_MEMBERS = 100_000  # members of one archive
ARCHIVE_DEPTH = 3  # archives inside archives
ARCHIVE_HEADER_BYTES = 1 * MIB  # one long-name or pax header of a tar
ARCHIVE_DIRECTORY_BYTES = 64 * MIB  # the central directory of a zip
EXPANDED_BYTES = 200 * GIB  # decompressed bytes of one member
EXPANSION_RATIO = 500  # decompressed bytes per compressed byte …
EXPANSION_FREE_BYTES = 256 * MIB  # … once this much has come out
NFDUMP_SECONDS = 1_800  # one run of the program nfdump
FOLDER_FILES = 1_000_000  # files found below the given paths

# --- records
LINE_BYTES = 16 * MIB  # one line of a text source
JSON_DEPTH = 64  # nested objects in one record
RECORD_FIELDS = 4_000  # fields of one record after flattening
TABLE_COLUMNS = 1_500  # own columns of one table; the rest goes to `extra`
FIELD_NAME_CHARACTERS = 256
DOCUMENT_BYTES = 512 * MIB  # one JSON or XML document that must be held whole
REJECT_SAMPLE_CHARACTERS = 200  # how much of a bad record is kept beside its reason
REJECTS_KEPT = 10_000  # stored rejects of one source; more are only counted

# --- batches
BATCH_ROWS = 65_536  # rows evaluated and written together
BATCH_BYTES = 48 * MIB  # input text behind one batch

# --- rules
RULE_FILE_BYTES = 1 * MIB
RULE_DOCUMENTS = 200  # YAML documents in one file
RULE_FILES = 100_000
RULE_DEPTH = 30  # nested lists and maps in one rule
RULE_TESTS = 50_000  # field tests of one rule after expansion
REGEX_CHARACTERS = 10_000
REGEX_MEMORY_BYTES = 8 * MIB  # compiled size of one regular expression
PLACEHOLDER_VALUES = 10_000
CORRELATION_TIMESPAN_SECONDS = 400 * 86_400
CORRELATION_EVENTS = 5_000_000  # hits held for one correlation rule

# --- time
EARLIEST_YEAR = 1990  # events outside go to day 1970-01-01 and are counted
LATEST_YEAR = 2100

# --- results
FINDING_EVENT_IDS = 1_000  # event ids listed with one finding; `count` has no bound
EVIDENCE_EVENTS = 10  # evidence events kept with one finding
EVIDENCE_CHARACTERS = 500  # of one evidence value
INCIDENT_FINDINGS = 10_000
FIRST_LINES = 10  # evidence lines that an incident shows first
ALERT_RUNS = 1_000_000  # runs of alerts of others that are judged in one scan
SURPRISE_PLACES = 100_000  # kinds of finding with their host, user or sensor whose past is remembered (about 50 MiB)
FINDING_KEYS = 100  # keys of one finding that may tie it to others over months
TWIN_CANDIDATES = 64  # records of one log within seconds that are compared with one record of another log

# --- who is who: addresses, names and identifiers by time
IDENTITY_CLAIMS = 200_000  # held in memory; the newest stay
IDENTITY_TRANSLATIONS = 200_000  # records of proxies and translators beside them
IDENTITY_VALUES = 20_000  # addresses, and as many accounts, that are asked for at a time
IDENTITY_MOMENTS = 50_000  # of findings behind shared addresses
IDENTITY_ROWS = 100_000  # of one source that one question takes; the newest
SHARED_ADDRESS_ROWS = 10_000  # of one list of addresses that stand for many
FINDING_NAMINGS = 20  # names of one finding that were looked up
INCIDENT_NAMINGS = 8  # sentences of one incident about them

# --- the report page: what is left out is counted on the page
REPORT_INCIDENTS = 200  # told in full; more are table rows
REPORT_INCIDENT_ROWS = 2_000  # incidents in the table
REPORT_INCIDENT_FINDINGS = 25  # findings of one incident told in full
REPORT_ALIKE_FINDINGS = 5  # the same where all are of one rule
REPORT_FINDING_EVIDENCE = 3  # events shown with one finding
REPORT_EVIDENCE_EVENTS = 1_500  # events shown on the whole page
REPORT_FIELDS = 14  # fields of one event
REPORT_FIELD_CHARACTERS = 300
REPORT_TITLE_CHARACTERS = 240
REPORT_MESSAGE_CHARACTERS = 600  # an analytic's own sentence
REPORT_FINDING_ROWS = 1_000  # findings in the table of all findings
REPORT_SOURCE_ROWS = 500
REPORT_SAMPLE_ROWS = 60  # rejects, refused rules, missing log sources: rows of each table
REPORT_LANES = 12  # incidents in the timeline

# --- an evaluation on a terminal; its JSON has no bound
TRIAL_ROWS = 60  # stages, false incidents, techniques: rows of each table

# --- hunting
HUNT_SECONDS = 60
HUNT_ROWS = 100_000
HUNT_MEMORY_BYTES = 1 * GIB
HUNT_QUERY_CHARACTERS = 100_000
HUNT_RESULT_BYTES = 256 * MIB  # what one query may hand back, as Arrow
HUNT_SPILL_BYTES = 2 * GIB  # what one query may put aside on disk while it runs
HUNT_THREADS = 2
HUNT_OPEN_FILES = 4_096
HUNT_PROGRAM_BYTES = 3 * GIB  # address space beside the query's memory: libraries, stacks, reserved and unused

# --- queries of a scan over hits and log sources
QUERY_BYTES = 256 * MIB
QUERY_THREADS = 2
QUERY_SPILL_BYTES = 8 * GIB  # what such a query may put aside on disk

# --- analytics
ANALYTIC_BYTES = 1 * GIB  # memory of the queries of one run
ANALYTIC_ROWS = 10_000  # findings of one analytic in one run; more are counted
ANALYTIC_BEHIND_ROWS = 10_000_000  # older rows that a run looks back at, the newest first
FINGERPRINT_SOURCES = 1_000_000  # addresses listed with one vector of a flood

# --- alerts of other products
ALERT_RULES = 20_000  # rules and severities behind the alerts of one scan
ALERT_FINDINGS = 50_000  # findings from alerts of one scan, the strongest
ALERT_ACTORS = 20  # users or outside addresses of one rule on one host; of more the host alone is told
ALERT_REFERENCES = 5  # links of one rule
ALERT_TECHNIQUES = 10  # ATT&CK techniques of one rule
ALERT_ATTACK_CHARACTERS = 4_000  # of the text that states them

# --- copies of small files for a run of queries
COPY_FILE_ROWS = 10_000  # a file on average: a table with smaller files is copied before several branches read it
COPY_FILES = 16  # of fewer it is not
COPY_OPENED = 64  # files at a time
COPY_GROUP_ROWS = 16_384  # written together: more would take memory
COPY_ROWS = 12_000_000  # of all tables together

# --- rollups
ROLLUP_ENTITY_ROWS = 10_000  # rows of one entity and day: hosts of one client, paths of one site; more become one row
ROLLUP_SHARED_ROWS = 100_000  # rows of one key that many entities share: clients of one server
ROLLUP_DAY_ROWS = 250_000  # rows of one rollup, network and day; rows of folded entities come on top
ROLLUP_WEEK_ROWS = 100_000  # the same of a merged week
ROLLUP_DAILY_DAYS = 35  # newest days that stay days; older ones become weeks
ROLLUP_CHUNK_ROWS = 12_000_000  # raw rows behind the periods that are made together
ROLLUP_FILE_ROWS = 1_000_000  # rows of one file, which ends with a period
ROLLUP_SMALL_FILES = 8  # files of less than a quarter of that; more are merged when one is written
ROLLUP_BYTES = 1 * GIB  # memory of an update

# --- asking the long memory
INDICATORS = 100_000  # of one hunt
INDICATORS_IMPORTED = 1_500_000  # of one import
INDICATOR_ROWS = 4_000_000  # spellings that a lake keeps, and hosts of URLs
INDICATOR_OBJECTS = 2_000_000  # rows, objects, attributes or candidates of one file
INDICATOR_PATTERN = 16 * KIB  # characters of one STIX pattern …
INDICATOR_PATTERN_VALUES = 1_000  # … and values in it
INDICATOR_NOTE = 300  # characters of what a source says beside a value
INDICATOR_SOURCE = 80  # characters of a source's name
INDICATOR_PORTION = 50_000  # indicators that are turned into rows together
INDICATOR_REFUSALS = 10  # examples of each reason that are told; more are counted
INDICATOR_SIGHTINGS_TOLD = 1_000  # findings of the past that an import tells; all of them are kept
INDICATOR_SIGHTING_ROWS = 200_000  # rows of past sightings of one import
INDICATOR_FILE_BYTES = 64 * MIB
INDICATOR_BYTES = 2_048  # of one indicator, and of the part of a text that is compared with one
SIGHTING_EVENTS = 10  # event ids listed with one sighting
SIGHTING_NEAR = 50  # spellings that are looked for as plain text before texts are taken apart
SIGHTING_DETAILS = 5  # ports, paths, parents, … of one sighting that are told; more are counted

# --- the node's journal: what waits between inputs and lake
JOURNAL_BYTES = 4 * GIB  # unread bytes of all streams; then senders are told to wait
JOURNAL_STREAM_SHARE = 0.5  # of that, what one stream may take
JOURNAL_FREE_BYTES = 1 * GIB  # of the disk that are left free
SEGMENT_BYTES = 64 * MIB  # a segment that is this long is closed
SEGMENT_SECONDS = 3_600  # … or this old
RECEIPT_SECONDS = 7 * 86_400  # how long an idempotency key is remembered
RECEIPTS = 2_000_000  # keys remembered; the oldest go first
RECEIPT_KEY_CHARACTERS = 256
JOURNAL_GROUP = 1_000  # bodies made durable together
JOURNAL_WAITING_BYTES = 256 * MIB  # bodies in memory that wait for that

# --- the node's inputs: what comes over the network
INPUT_LINE_BYTES = 1 * MIB  # one line of a push, one OTLP record
INPUT_IN_FLIGHT_BYTES = 128 * MIB  # of all senders that are received but not yet durable
INPUT_SENDER_BYTES = 32 * MIB  # of that, what one sender may take; never more than what is then still free
INPUT_RETRY_SECONDS = 2  # after how long an HTTP sender is told to come back
INPUT_UNLISTED_SHOWN = 20  # addresses of unlisted senders that are named; more are only counted
PUSH_PACKED_BYTES = 16 * MIB  # an HTTP body as it comes over the wire
PUSH_BODY_BYTES = 16 * MIB  # the same, unpacked
PUSH_RATIO = 200  # unpacked bytes per packed byte …
PUSH_FREE_BYTES = 1 * MIB  # … once this much has come out
PUSH_LINES = 200_000  # of one body
PUSH_WINDOW_BYTES = 8 * MIB  # memory that a zstd body may ask for (RFC 9659)
OTLP_RECORDS = 100_000  # of one export
OTLP_DEPTH = 32  # nested values of one body or attribute
SYSLOG_DATAGRAM_BYTES = 65_535  # the most that UDP carries
SYSLOG_RECEIVE_BYTES = 16 * MIB  # kernel buffer asked for; it gives what net.core.rmem_max allows
SYSLOG_BATCH_SECONDS = 0.05  # datagrams of one sender are gathered for so long …
SYSLOG_BATCH_DATAGRAMS = 2_000  # … or until they are so many …
SYSLOG_BATCH_BYTES = 1 * MIB  # … or so long
SYSLOG_ROUND_DATAGRAMS = 200  # taken from the kernel before others get their turn
SYSLOG_MESSAGE_BYTES = 256 * KIB  # one message over TCP (RFC 5425 §4.3.1: at least 8 KiB)
SYSLOG_LENGTH_DIGITS = 8  # of a MSG-LEN (RFC 6587 §3.4.1)
SYSLOG_READ_BYTES = 128 * KIB  # taken from a connection at a time, and the share of it that is not yet durable
SYSLOG_CONNECTIONS = 500
SYSLOG_CONNECTIONS_OF_ONE_ADDRESS = 50
SYSLOG_IDLE_SECONDS = 6 * 3_600  # between two messages; senders hold connections open for long
SYSLOG_MESSAGE_SECONDS = 60  # from a message's first byte to its end
SYSLOG_TLS_SECONDS = 10  # one handshake
SYSLOG_CLOSE_SECONDS = 5  # that connections get at the end to write what they have
SYSLOG_ADDRESSES = 10_000  # senders of UDP whose address is remembered
SYSLOG_BACKLOG = 128  # connections that wait to be accepted
SYSLOG_RETRY_SECONDS = 0.5  # between two tries while the journal is full

# --- following
FOLLOW_BATCH_BYTES = 8 * MIB  # of one source at a time, so that none delays the others
FOLLOW_REPLAY_BYTES = 1 * MIB  # before the place where a source goes on: read again for the reader's state
FOLLOW_IDLE_SECONDS = 2  # without new lines, after which held rows are let go
FOLLOW_UNENDED_SECONDS: float = 30  # without new bytes, after which a last line without its end is read as it is
FOLLOW_SETTLED_SECONDS = 5  # a whole file is read when it did not change for so long
FOLLOW_AGAIN_SECONDS: float = 60  # after which a watched file that could not be read is tried again
FOLLOWED_FILES = 20_000  # files of the watched folders that are looked after

# --- the live analyst
LIVE_BATCH_BYTES = 24 * MIB  # input text behind one batch of the engine: memory, and time to a finding
LIVE_ANALYTIC_BYTES = 128 * MIB  # memory of one run of analytics beside the engine
LIVE_BEHIND_ROWS = 1_000_000  # older rows that a quick run looks back at
MERGED_GROUP_BYTES = 16 * MIB  # in memory, of small files that become one: read and written together
LIVE_MERGED_ROWS = 65_536  # of one file that a running node merges: more would take its memory (`tocsin lake compact`)
LIVE_SMALL_FILES = 24  # small files of one table and day, or of hits, that are merged

# --- sensors
PULSE_DAYS = 28  # of every sensor's past that tell its rhythm
PULSE_FILES = 500  # of the lake that are counted in one look
PULSE_ROWS = 1 << 18  # of one file at a time, while its events are counted
SENSOR_GAPS = 20  # of one sensor that are kept
SENSOR_LATE_SAMPLES = 48  # hours in which it is known how late a sensor's events came
SENSORS_TOLD = 1_000  # in the status and in one answer, those that need somebody first
SENSOR_BEHIND_BYTES = 1 * MIB  # of a sensor that wait for the lake: then it is not judged by what the lake has

# --- facts from outside
FACTS_FILE_BYTES = 512 * MIB  # one file, unpacked
FACTS_ROWS = 5_000_000  # ranges of one file
ASSETS = 200_000  # rows of one list of assets
FACTS_FAULTS = 10  # wrong lines that are told before a file is given up

# --- what is written for other programs (sinks)
MAIL_HEADER_CHARACTERS = 200
MAIL_BODY_CHARACTERS = 200_000
MARKDOWN_LINE_CHARACTERS = 2_000
MARKDOWN_CHARACTERS = 20_000
CEF_HEADER_CHARACTERS = 512  # the longest header field of the standard
CEF_VALUE_CHARACTERS = 1_023  # the longest extension value that most receivers keep
SYSLOG_OUT_BYTES = 1_800  # RFC 5424 §6.1: receivers should take 2,048 with the header
SYSLOG_PARAMETER_BYTES = 500
NFT_COMMENT_BYTES = 120  # nftables takes 128 with the byte behind it
DOMAIN_CHARACTERS = 253  # RFC 1035 §2.3.4, as text
RPZ_COMMENT_CHARACTERS = 400
SURICATA_MESSAGE_CHARACTERS = 200
SURICATA_CONTENT_BYTES = 255  # the longest pattern that all versions take

# --- the ledger
LEDGER_TEXT_CHARACTERS = 200  # an id, a name or a text of an entry
LEDGER_DETAILS = 20  # names in the detail of an entry
LEDGER_LINE_BYTES = 64 * KIB  # one line of an export
WITNESS_LINE_BYTES = 8 * KIB  # one line of a witness, with what syslog puts before it
WITNESS_LINES = 10_000_000  # lines of one witness
WITNESS_CHECKPOINTS = 1_000_000  # checkpoints of this node among them
WITNESS_AT_ONCE = 100  # checkpoints that are told in one go
WITNESS_SECONDS = 10  # one try to reach a witness

# --- the state database
STATE_CONNECTIONS = 32  # open at a time in one process
STATE_LOCK_SECONDS = 30  # how long a change waits for another
STATE_POLL_SECONDS = 0.005  # how often it asks SQLite whether that other is done
STATE_CONNECT_SECONDS = 10
STATE_TRIES = 8  # of a change that PostgreSQL asks to repeat
STATE_PAUSE_SECONDS = 0.02  # before the second try; each further one waits that much longer
STATE_ROWS = 1_000  # ids or rows in one statement

# --- incidents that people work on
NOTE_CHARACTERS = 20_000
WHY_CHARACTERS = 2_000
INCIDENT_TITLE_CHARACTERS = 200  # of one that a person opens
INCIDENT_NAMES = 50  # hosts and accounts that he names
INCIDENT_READERS = 100  # people that a restricted incident names
INCIDENT_FINDINGS_PAUSE_SECONDS = 60  # the node adds findings to an incident at most so often (node/analyst/growth.py)
INCIDENT_PROGRESS_PAUSE_SECONDS = 900  # … and tells at most so often what only moved on: times, counts

DUTY_INCIDENTS = 20_000  # that one hand-over or report reads …
DUTY_PAGE = 500  # … so many at once
HANDOVER_DECISIONS = 2_000  # told in one hand-over, the newest
HANDOVER_ALIKE = 10  # incidents that one line of decisions names; more are counted
HANDOVER_ROWS = 200  # incidents told in one section of it
REPORT_DAYS = 3_660  # longest period of a report
REPORT_ROWS = 200  # rows of a report's table; the others are counted together
# --- acting on incidents: playbooks, proposed actions, legal clocks
CLOCK_AHEAD_SECONDS = 300  # a moment may lie so far ahead: clocks of people and machines differ
CLOCK_STEPS = 50  # of one clock
CLOCK_PERIOD = 1_000  # hours, days or months of one step
CLOCK_FILE_BYTES = 256 * KIB
DATA_FILES = 200  # playbooks, or clocks, in a node's folder
DRAFT_CHARACTERS = 20_000  # of a template
DRAFT_LINES = 20  # of one list in a draft; more are counted
DRAFT_HOSTS = 3  # that one line of a draft names; more are counted
ACTION_VALUES = 1_000  # of one proposed action
ACTION_VALUE_CHARACTERS = 400
ACTION_LEAST_SECONDS = 600  # from the proposal to its expiry
ACTION_MOST_SECONDS = 90 * 86_400
ACTION_IPV4_PREFIX = 16  # a wider network is in no block list …
ACTION_IPV6_PREFIX = 32
ACTION_ALONE_IPV4_PREFIX = 24  # … and one wider than this needs two people
ACTION_ALONE_IPV6_PREFIX = 48
ACTION_ALONE_HOSTS = 10  # so does what so many own hosts talked to …
ACTION_SEEN_DAYS = 30  # … in so many days
ACTION_SEEN_ROWS = 200  # of who talked to what; more are counted
ACTION_SECONDS = 120  # that the lake gets to say so
ACTION_ZONE_NAMES = 100_000  # of all actions in one policy zone
SURICATA_FIRST_SID = 1_500_000  # of the range for local rules, 1,000,000 to 1,999,999 (sidallocation.org) …
SURICATA_SIDS = 500_000  # … so many are Tocsin's
NEVER_BLOCK_BYTES = 4 * MIB
NEVER_BLOCK_LINES = 20_000
PLAYBOOK_FILE_BYTES = 1 * MIB
PLAYBOOK_STEPS = 200  # of one playbook
PLAYBOOK_DEPTH = 24  # nested lists and maps
PLAYBOOK_TEXT_CHARACTERS = 8_000  # of one text
PAPERS = 1_000  # playbooks, actions or clocks of one answer

CHECK_HISTORY_SECONDS = 5  # in which `node check` compares incidents with their histories and the ledger

# --- the outbox
OUTBOX_WAITING = 10_000  # messages that wait; the oldest make room and are counted
OUTBOX_DONE = 1_000  # messages kept after they were sent or given up
OUTBOX_BODY_BYTES = 256 * KIB
OUTBOX_TRIES = 12
OUTBOX_PAUSE_SECONDS = 30  # after the first failure; doubled after each further one …
OUTBOX_LONGEST_PAUSE_SECONDS = 3_600  # … up to this
OUTBOX_LEASE_SECONDS = 120  # how long a message that was taken is nobody else's
OUTBOX_ERROR_CHARACTERS = 200

# --- evidence
CUSTODY_ENTRIES = 100_000  # of the ledger in one export

# --- backups
BACKUP_FILES = 2_000_000  # in one backup
BACKUP_INDEX_BYTES = 512 * MIB
BACKUP_TRIES = 5  # to list a lake that changes

# --- notifications
NOTICE_CHARACTERS = 2_000  # the sentence of one
NOTIFY_SECONDS = 10  # connecting, sending and each wait for the answer
SECRET_PATH_CHARACTERS = 16  # a part of a webhook's path so long may be a secret
NOTIFY_AT_ONCE = 8  # messages of one round: with the time of each, less than OUTBOX_LEASE_SECONDS

SIGNATURE_SECONDS = 300  # by which the clocks of the two sides of a webhook may differ
SIGNATURE_SECRET_CHARACTERS = 32
CALL_STEPS = 9  # of an on-call list
CALL_DUTIES = 1_000  # lines of it
CALL_FILE_BYTES = 1 * MIB
CALL_MINUTES = 10_080  # between two steps: a week
CALL_FRESH_SECONDS = 86_400  # an incident that did not change for so long calls nobody for the first time
CALL_INCIDENTS = 500  # that wait, the most urgent, in one look
CALLS_AT_ONCE = 20  # incidents told in one round
NOTICES_TOLD = 200  # messages in one list
MAIL_ANSWER_CHARACTERS = 120  # of what a mail server said when it refused
TICKET_TEXT_CHARACTERS = 2_000
TICKET_MESSAGES = 10_000  # ids of a ticket system that are remembered while they could be played again

# --- the log of the node's processes
LOG_LINES_A_MINUTE = 300  # of one level; more are left out and counted
LOG_LINES_WAITING = 1_000  # to be written; more are left out and counted
LOG_TRACE_PLACES = 12  # of one exception, the innermost
LOG_TRACE_LINES = 30  # with those of its causes

# --- switches
SWITCH_REQUEST_SECONDS = 86_400  # a request to start again that nobody confirms is void after this

# --- people: passwords. OWASP asks for argon2id with at least 19 MiB, 2 passes, 1 lane. RFC 9106 §4 has 64 MiB, 3
# passes, 4 lanes: here that takes both cores, which detection needs.
PASSWORD_TIME_COST = 2  # passes over the memory
PASSWORD_MEMORY_KIB = 46 * KIB  # KiB of one hash
PASSWORD_LANES = 1
PASSWORD_HASHES_AT_ONCE = 1  # more wait, so logins never take more than one core and the memory above
PASSWORD_LEAST_CHARACTERS = 12
PASSWORD_MOST_CHARACTERS = 256
PASSWORD_MOST_BYTES = 1_024  # the same password as UTF-8
ACCOUNT_NAME_CHARACTERS = 64
ACCOUNTS = 10_000

# --- triage: reliability and exceptions
RELIABILITY_INCIDENTS = 5_000  # closed incidents whose reasons count, the newest
EXPLAINED_EVENTS = 3  # first events of a finding of which every test is told
EXPLAINED_ROWS = 5_000_000  # events since the day before the explained one that analytics are asked again over
EXCEPTION_RULES = 5  # rules of one incident; one with more is a story and no habit
EXCEPTION_CHOICES = 10  # offered for one incident
EXCEPTIONS = 1_000  # in force or waiting at a time
EXCEPTION_FINDINGS = 100_000  # stored findings that a what-if looks at, the newest
EXCEPTION_BACK_DAYS = 30  # how far a what-if looks back
EXCEPTION_INCIDENTS_SHOWN = 10  # incidents named for one choice

# --- people: login
LOGIN_FREE_FAILURES = 5  # of one account from one address before it has to wait
LOGIN_FREE_ACCOUNT_FAILURES = 50  # of one account from all addresses
LOGIN_FREE_ADDRESS_FAILURES = 20  # of one address with all accounts
LOGIN_FIRST_WAIT_SECONDS = 2  # doubled by every further failure …
LOGIN_LONGEST_WAIT_SECONDS = 900  # … up to this for one account from one address
LOGIN_LONGEST_SHARED_WAIT_SECONDS = 60  # … and up to this for a whole account or a whole address
LOGIN_FORGET_SECONDS = 86_400  # without a failure, then the count begins anew
LOGIN_KNOWN_SECONDS = 30 * 86_400  # how long an address counts as one from which the account logs in
LOGIN_COUNTERS = 100_000  # counters kept; the oldest go first
TOTP_STEP_SECONDS = 30  # RFC 6238 §5.2
TOTP_DRIFT_STEPS = 1  # steps before and after the present one
TOTP_DIGITS = 6
TOTP_SECRET_CHARACTERS = 32  # of base 32: 160 bits (RFC 4226 §4)
TWO_PEOPLE_SECONDS = 86_400  # so long whoever made or reset an account could hold it
ONE_TIME_PASSWORD_SECONDS = 72 * 3_600  # a password given by an admin opens the account so long

# --- people: sessions and tokens
SECRET_BYTES = 32  # 256 bits of every session and token
CREDENTIAL_CHARACTERS = 200  # of an Authorization value or cookie
SESSION_IDLE_SECONDS = 1_800
SESSION_SECONDS = 12 * 3_600  # from login to the end, whatever happens
SESSION_TOUCH_SECONDS = 60  # a session's last use is written at most so often
SESSIONS_OF_ONE_ACCOUNT = 10  # the oldest ends when another begins
TOKEN_SECONDS = 400 * 86_400  # the longest life of a machine token
TOKENS = 10_000
LABEL_CHARACTERS = 128  # names of tokens, organisations, networks, sensors

# --- OpenID Connect
OPENID_SECONDS = 10  # one answer of the issuer
OPENID_ANSWER_BYTES = 256 * KIB
OPENID_PENDING = 1_000  # logins begun and not ended; the oldest go first
OPENID_PENDING_SECONDS = 600
OPENID_LEEWAY_SECONDS = 60  # between the issuer's clock and ours
OPENID_KEYS_SECONDS = 3_600  # how long its metadata and keys are believed

# --- HTTP
HTTP_CONNECTIONS = 200
HTTP_CONNECTIONS_OF_ONE_ADDRESS = 50
HTTP_HEADERS = 64  # of one request
HTTP_HEADER_BYTES = 16 * KIB  # request line and headers together
HTTP_HEADER_SECONDS = 10  # from the first byte of a request to the end of its headers
HTTP_IDLE_SECONDS = 30  # between two requests of one connection, and before the first
HTTP_BODY_SECONDS = 10  # a body is judged so often …
HTTP_BODY_BYTES_PER_SECOND = 256  # … and has to be at least so fast
HTTP_UNREAD_BYTES = 1 * MIB  # of a body that are let pass after its answer
HTTP_FRAMING_RATIO = 8  # bytes of chunk sizes for each byte of a body, beside trailers of HTTP_HEADER_BYTES
HTTP_WRITE_SECONDS = 30  # a client that takes nothing of the answer for so long is let go
HTTP_TLS_SECONDS = 10  # one handshake
HTTP_BACKLOG = 128  # connections that wait to be accepted
API_BODY_BYTES = 64 * KIB  # of a request that is not telemetry
API_JSON_DEPTH = 16
API_PAGE_ROWS = 1_000  # of one list
API_FINDINGS = 1_000  # of one incident in one answer, the gravest: ten thousand were measured to be 117 MB
API_QUERY_CHARACTERS = 2_000
API_PASSWORD_CALLS = 2  # calls at a time that compute password hashes …
API_PASSWORD_CALLS_WAITING = 32  # … and how many may wait for them; more are told to come back
API_BUSY_SECONDS = 5  # after how long they are told to

# --- constituents, and what they are told
CONSTITUENTS = 10_000
CONSTITUENT_VALUES = 500  # netblocks, domains or contacts of one
CONSTITUENT_FAULTS = 100  # wrong lines that are told of one file
API_CONSTITUENTS_BYTES = 8 * MIB  # of a body with the list
TELL_FINDINGS = 2_000  # of one incident that are looked through to tell whose they are, the gravest
TELL_ROWS = 40  # findings in one mail; more are counted
TELL_EVENTS = 3  # events of one finding in a mail
TELL_TEXT_CHARACTERS = 60_000  # of the findings in one mail, so that it fits into OUTBOX_BODY_BYTES
TELL_FIELDS = 12  # fields of one event
TELL_LOOKED_CHARACTERS = 4_000  # of one value that are looked through for others …
TELL_VALUE_CHARACTERS = 200  # … and shown
TELL_REQUEST_SECONDS = 72 * 3_600  # how long a request to tell waits for a releaser
TELL_BYTES = 8 * MIB  # all mails of one request

# --- errands: what the API lets a process of its own do
ERRANDS_AT_ONCE = 1
ERRANDS_WAITING = 8  # more are told to come back
ERRAND_SECONDS = 900  # one export of evidence, or one search for a value
ERRAND_SPARE_SECONDS = 30  # for the start of the process, beside the time that a hunt is given
ERRAND_ANSWER_BYTES = 4 * MIB  # its last word
TAKE_IN_SECONDS = 60  # for the engine to take in what was sent before a value is erased
PAUSE_BEGIN_SECONDS = 75  # for engine and analyst to end; each is killed after 30
PAUSE_SECONDS = PAUSE_BEGIN_SECONDS + ERRAND_SECONDS + 60  # after so long the node goes on, whatever was ordered
API_HUNT_BYTES = 4 * MIB  # of a hunt's body: lists of indicators, rules
API_HUNT_SECONDS = 300  # the longest hunt through the API
API_RULES_BYTES = 20 * MIB  # of a body with a set of rules: RULE_SET_BYTES as JSON …
API_INDICATORS_BYTES = 40 * MIB  # of a body with a file of indicators, packed
API_LONG_BODIES_BYTES = 64 * MIB  # … and of all bodies over API_BODY_BYTES that are held; more are told to come back
API_ASSETS_BYTES = 16 * MIB  # of a body with a list of assets …
API_ASSET_CHANGES = 2_000  # … and changes told of it; all are counted
RULE_SET_FILES = 10_000  # of one set that is sent to a node; all public rules are four thousand …
RULE_SET_BYTES = 16 * MIB  # … of six MiB
RULE_NAME_CHARACTERS = 400  # the path of a rule file below its folder
RULE_NAME_PARTS = 20  # folders in it, and the file
RULE_NAME_PART_BYTES = 255  # what a file system takes
RULE_REVIEW_DAYS = 3_650  # how far a review looks back at most …
RULE_REVIEW_DAYS_USUAL = 30  # … and where nothing is said
RULE_REVIEW_BYTES = 64 * MIB  # its answer
RULE_OFFERS = 3  # reviewed sets that wait to be placed; the oldest make room
HUNT_RULE_FILES = 1_000  # of one hunt through the API
RESCUES_SHOWN = 1_000  # the newest, in one list

# --- the command line as a client of its node
CLIENT_CONNECT_SECONDS = 10
CLIENT_SECONDS = 120  # between two parts of an answer: the node may compute a while
CLIENT_ERRAND_SECONDS = ERRAND_SECONDS * 2  # the same where the node lets an errand be done, and another before it
CLIENT_ERASE_SECONDS = CLIENT_ERRAND_SECONDS + TAKE_IN_SECONDS + PAUSE_BEGIN_SECONDS
CLIENT_ANSWER_BYTES = 128 * MIB  # one answer; the findings of the greatest incident are most of it
CLIENT_PAGES = 20  # of API_PAGE_ROWS: incidents that a list looks at
CLIENT_HUNT_BYTES = HUNT_RESULT_BYTES * 2  # the rows of a hunt, with what Arrow puts around them
CLIENT_LEDGER_BYTES = 16 * GIB  # an export of the ledger
CLIENT_EVIDENCE_BYTES = 64 * GIB  # an export of evidence …
CLIENT_EVIDENCE_FILES = 2_000_000  # … and files in it
CLIENT_FILE_BYTES = 64 * KIB  # a file with a password, or with sessions

# --- bundles and upgrades
BUNDLE_FILES = 50_000  # a bundle with all public rules has a tenth of it
BUNDLE_BYTES = 8 * GIB
BUNDLE_LIST_BYTES = 16 * MIB  # its list of files
BUNDLE_PATH_CHARACTERS = 400
BUNDLE_DESCRIPTION_BYTES = 64 * KIB
BUNDLE_KEY_BYTES = 16 * KIB  # a public key as PEM
UPGRADE_JOURNAL_BYTES = 64 * KIB
UPGRADE_STEP_SECONDS = 12 * 3_600  # one step of an upgrade; a backup of a large lake takes hours
UPGRADE_SAID_CHARACTERS = 2_000  # of what a step said when it failed
