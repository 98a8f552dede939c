"""What comes in over the network: syslog, HTTP push and OTLP, made durable in the journal."""
