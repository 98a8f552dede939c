"""Who may do what: accounts, second factors, sessions, tokens, roles."""
