"""Clients that prove more than a certificate: client assertions, DPoP proofs, and both kinds of proof beside mutual TLS."""

import json

from . import servers

# Of what lives at a time: a minute of the assertions and proofs of the fastest sample, and some more.
REPLAY_ENTRIES = 4_000_000
JWT_BEARER = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"


class ProofServer(servers.Certbound):
    """certbound with the client that the certificate fits, and `asserting`, which registers the key of its assertions. Either may
    send DPoP proofs, which bind its token."""

    name = "certbound"

    def _config(self):
        return super()._config() | {"limits": {"replay_entries": REPLAY_ENTRIES}}

    def _write_clients(self, method):
        super()._write_clients(method)
        asserting = {"client_id": "asserting", "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [self.pki.jwk("assertion")]},
                     "grant_types": ["client_credentials"], "scope": "orders.read", "resources": ["https://api.example.com"]}
        (self.directory / "clients.d" / "asserting.yaml").write_text(f"clients:\n  - {json.dumps(asserting)}\n")

    def asserted(self):
        """Without a client certificate."""
        body = servers.BODY.replace("{client_id}", "asserting")
        return ["--connect", f"127.0.0.1:{self.port}", "--host", "localhost", "--ca", self.pki.path("ca.crt"), "--check", "token",
                "--body", f"{body}&client_assertion_type={JWT_BEARER}&client_assertion={{assertion}}", "--assertion-key",
                self.pki.path("assertion.key"), "--audience", f"https://localhost:{self.port}"]

    def proven(self):
        return ["--header", "DPoP: {proof}", "--dpop-key", self.pki.path("dpop.key")]

    def requests(self):
        """Label to request, of everything that is measured."""
        return {
            "mTLS": self.token_request(),
            "private_key_jwt": self.asserted(),
            "mTLS + DPoP": [*self.token_request(), *self.proven()],
            "private_key_jwt + DPoP": [*self.asserted(), *self.proven()],
        }
