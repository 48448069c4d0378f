"""What the integration tests share: a PKI made for the run, the daemon, and clients. Python's standard library, openssl and curl only."""
