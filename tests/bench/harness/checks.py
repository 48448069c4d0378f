"""What a resource server or its proxy asks: introspection, and verifiers as nginx's auth_request uses them."""

import base64
import hashlib
import http.client
import json
import pathlib
import ssl
import urllib.parse

from . import pki as pki_module
from . import servers

API = "https://api.example.com"
SEALED_API = "https://sealed.example.com"
# The placeholder is the generator's.
KNOWN_ID = '"jti":"{token_id}"'


def thumbprint(der):
    return pki_module.base64url(hashlib.sha256(der).digest())


def jti_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]


class CheckServer(servers.Certbound):
    """certbound with an API that takes JWTs, one that takes opaque tokens, and verifiers: on a Unix socket, and on a port for
    the one proxy. `count` tokens for each API are in files for the generator, and the first of them once more by itself."""

    def __init__(self, directory, pki, program):
        self.verify_port = servers.free_port()
        super().__init__(directory, pki, program)

    def _config(self):
        config = super()._config()
        config["tokens"] = {"lifetime": "1h"}
        config["resources"][0]["introspection_clients"] = ["client-000000"]
        config["resources"].append({"identifier": SEALED_API, "scopes": ["orders.read"], "token_format": "opaque",
                                    "introspection_clients": ["client-000000"]})
        nginx = {"audience": API, "certificate_format": "nginx"}
        config["verifiers"] = [
            {**nginx, "address": f"unix:{self.directory}/verify.sock", "socket_mode": "0600"},
            {**nginx, "address": f"127.0.0.1:{self.verify_port}", "proxies": [self.pki.path("proxy.crt")]},
        ]
        return config

    def _write_clients(self, method):
        super()._write_clients(method)
        sealed = self._client(method, 0) | {"client_id": "sealed", "scope": "orders.read", "resources": [SEALED_API]}
        (self.directory / "clients.d" / "sealed.yaml").write_text(f"clients:\n  - {json.dumps(sealed)}\n")

    def write_tokens(self, count):
        """Errors: RuntimeError where one is refused."""
        self._write_tokens("jwt", "client-000000", count, jti_of)
        self._write_tokens("opaque", "sealed", count, lambda token: "")

    def _write_tokens(self, name, client_id, count, id_of):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.context)
        lines = []
        for _ in range(count):
            connection.request("POST", "/oauth2/token", servers.BODY.replace("{client_id}", client_id),
                               {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{client_id}: {answer.status} {body!r}")
            token = json.loads(body)["access_token"]
            lines.append(f"{token} {id_of(token)}".rstrip() + "\n")
        connection.close()
        self.tokens_file(name, "many").write_text("".join(lines))
        self.tokens_file(name, "one").write_text(lines[0])

    def tokens_file(self, name, extent):
        return pathlib.Path(self.directory) / f"{name}-{extent}.txt"

    def introspection(self, name, extent):
        """The caller's own connection, kept alive; JWT or opaque."""
        expected = ['{"active":true,', f'"x5t#S256":"{self._client_thumbprint()}"', *([KNOWN_ID] if name == "jwt" else [])]
        return [*self.over_tls("client", self.port), "--path", "/oauth2/introspect",
                "--body", "client_id=client-000000&token={token}", "--tokens", str(self.tokens_file(name, extent)),
                *self._contains(expected)]

    def over_tls(self, credential, port):
        return ["--connect", f"127.0.0.1:{port}", "--host", "localhost", "--ca", self.pki.path("ca.crt"), "--cert",
                self.pki.path(f"{credential}.crt"), "--key", self.pki.path(f"{credential}.key")]

    def over_socket(self):
        return ["--connect", f"unix:{self.directory}/verify.sock", "--host", "certbound", "--plain"]

    def accepted(self, way, extent):
        expected = [f"X-Certbound-Certificate: {self._client_thumbprint()}\r\n", "X-Certbound-Token-Id: {token_id}\r\n"]
        return [*way, *self._decision(extent, "client"), *self._contains(expected)]

    def refused(self, way):
        """A token that was stolen: known, good, and bound to another certificate than the connection's."""
        expected = [f'WWW-Authenticate: Bearer realm="{API}", error="invalid_token"\r\n']
        return [*way, *self._decision("one", "server"), "--status", "401", *self._contains(expected)]

    def _decision(self, extent, presented):
        """What nginx sends for `auth_request` with the configuration in docs/examples/nginx, for a client like curl."""
        escaped = urllib.parse.quote((self.pki.directory / f"{presented}.crt").read_text(), safe="-._~")
        return ["--method", "GET", "--path", "/verify?scope=orders.read", "--header", f"X-SSL-Client-Cert: {escaped}", "--header",
                "Authorization: Bearer {token}", "--tokens", str(self.tokens_file("jwt", extent))]

    def _client_thumbprint(self):
        return thumbprint(ssl.PEM_cert_to_DER_cert((self.pki.directory / "client.crt").read_text()))

    @staticmethod
    def _contains(texts):
        return [part for text in texts for part in ("--contains", text)]

    def requests_of_many(self):
        """All tokens in turn, by what is asked."""
        return {
            "introspection, JWT": self.introspection("jwt", "many"),
            "introspection, opaque": self.introspection("opaque", "many"),
            "decision, Unix socket": self.accepted(self.over_socket(), "many"),
            "decision, TLS": self.accepted(self.over_tls("proxy", self.verify_port), "many"),
        }

    def requests(self, count):
        """Label to request, of everything that is measured."""
        socket, port = self.over_socket(), self.over_tls("proxy", self.verify_port)
        requests = {
            "token (to compare)": self.token_request(),
            "introspection, JWT, one token": self.introspection("jwt", "one"),
            "introspection, opaque, one token": self.introspection("opaque", "one"),
            "decision, Unix socket, one token": self.accepted(socket, "one"),
            "decision, Unix socket, refused": self.refused(socket),
            "decision, TLS, one token": self.accepted(port, "one"),
            "decision, TLS, refused": self.refused(port),
        }
        requests |= {f"{what}, {count:,} tokens": request for what, request in self.requests_of_many().items()}
        return dict(sorted(requests.items()))
