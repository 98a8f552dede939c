-- title: Mail
-- class: 4009 email_activity (Network Activity)
-- about: One row a message on the wire, or a step of its way through a mail server.
-- column: activity_name VARCHAR: Send, Receive, or the step as Exchange names it (RECEIVE, DELIVER, FAIL, …)
-- column: email_from VARCHAR: sender in the header
-- column: email_to VARCHAR: recipients in the header (JSON list or joined text)
-- column: email_subject VARCHAR: subject
-- column: email_message_uid VARCHAR: Message-ID
-- column: email_size BIGINT: bytes
-- column: email_smtp_from VARCHAR: sender of the envelope
-- column: email_smtp_to VARCHAR: recipients of the envelope (JSON list or joined text)
-- column: email_files VARCHAR: names of attachments (JSON list) or Zeek file ids
-- column: email_urls VARCHAR: addresses in the text (JSON list)
-- column: email_user_agent VARCHAR: program that wrote it
-- column: email_x_originating_ip VARCHAR: the address that the message claims to come from
-- column: direction VARCHAR: Inbound, Outbound or Internal where the source says
-- column: status_detail VARCHAR: last answer of the server or its reason
-- column: src_endpoint_ip VARCHAR: the sending side
-- column: src_endpoint_hostname VARCHAR: its name
-- column: dst_endpoint_ip VARCHAR: the receiving server
-- column: dst_endpoint_hostname VARCHAR: its name
-- column: connection_info_uid VARCHAR: Zeek uid, Suricata flow_id or Exchange's internal message id
-- column: device_hostname VARCHAR: the server or sensor that recorded it

-- branch: Zeek smtp.log
SELECT
  'Send' AS activity_name,
  "from" AS email_from,
  "to" AS email_to,
  "subject" AS email_subject,
  "msg_id" AS email_message_uid,
  "mailfrom" AS email_smtp_from,
  "rcptto" AS email_smtp_to,
  "fuids" AS email_files,
  "user_agent" AS email_user_agent,
  "x_originating_ip" AS email_x_originating_ip,
  "last_reply" AS status_detail,
  "id.orig_h" AS src_endpoint_ip,
  "helo" AS src_endpoint_hostname,
  "id.resp_h" AS dst_endpoint_ip,
  "uid" AS connection_info_uid
FROM zeek_smtp;

-- branch: Suricata EVE smtp
SELECT
  'Send' AS activity_name,
  "email.from" AS email_from,
  "email.to" AS email_to,
  "email.subject" AS email_subject,
  "email.message_id" AS email_message_uid,
  "smtp.mail_from" AS email_smtp_from,
  "smtp.rcpt_to" AS email_smtp_to,
  "email.attachment" AS email_files,
  "email.url" AS email_urls,
  "email.x_mailer" AS email_user_agent,
  "email.status" AS status_detail,
  "src_ip" AS src_endpoint_ip,
  "smtp.helo" AS src_endpoint_hostname,
  "dest_ip" AS dst_endpoint_ip,
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_smtp;

-- branch: Exchange message tracking
SELECT
  "event-id" AS activity_name,
  "sender-address" AS email_from,
  "recipient-address" AS email_to,
  "message-subject" AS email_subject,
  "message-id" AS email_message_uid,
  TRY_CAST("total-bytes" AS BIGINT) AS email_size,
  "return-path" AS email_smtp_from,
  "recipient-address" AS email_smtp_to,
  "original-client-ip" AS email_x_originating_ip,
  CASE "directionality" WHEN 'Incoming' THEN 'Inbound' WHEN 'Originating' THEN 'Outbound' END AS direction,
  "recipient-status" AS status_detail,
  COALESCE("client-ip", "original-client-ip") AS src_endpoint_ip,
  "client-hostname" AS src_endpoint_hostname,
  "server-ip" AS dst_endpoint_ip,
  "server-hostname" AS dst_endpoint_hostname,
  "internal-message-id" AS connection_info_uid,
  "server-hostname" AS device_hostname
FROM exchange_tracking;
