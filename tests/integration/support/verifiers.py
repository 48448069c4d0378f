"""What tests of verifiers share: how to ask one, and what holds behind every proxy that asks (lessons.md section 3)."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.parse

from . import dpop, tokens
from .cases import API, ETL_DN, OTHER_API, TOKEN, DaemonCase, grant, pki_client, self_signed_client
from .daemon import eventually, run
from .origin import Origin, free_port

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "docs" / "examples"
SPOOFED = "spoofed-by-the-client"


def escaped(credential):
    """The certificate as nginx escapes it."""
    return urllib.parse.quote(credential.pem(), safe="-._~")


def base64_of(credential):
    """The certificate's DER in base64, on one line."""
    return "".join(line for line in credential.leaf_pem().splitlines() if not line.startswith("-----"))


def is_listening(port):
    with socket.socket() as plain:
        return plain.connect_ex(("127.0.0.1", port)) == 0


def is_listening_at(path):
    with socket.socket(socket.AF_UNIX) as plain:
        return plain.connect_ex(path) == 0


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("verifier", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class VerifierCase(DaemonCase):
    """A verifier at a Unix socket, which takes DPoP, and one at a port; the clients etl, reader, stock, self-signed batch, and with
    the certificate of etl prover, whose tokens are bound to a DPoP key, and doubled, whose tokens are bound to both."""

    certificate_format = "nginx"

    @classmethod
    def configure(cls, config):
        cls.reader = cls.pki.leaf("C=GB", "O=Partner Corp", "CN=reader", issuer=cls.partner_ca)
        cls.batch = cls.pki.leaf("CN=batch")
        cls.proxy = cls.pki.leaf("CN=proxy", issuer=cls.pki.ca("CN=Proxies"))
        cls.socket = os.path.join(cls.folder, "verify.sock")
        config["clients"] += [
            pki_client("reader", tls_client_auth_subject_dn="CN=reader,O=Partner Corp,C=GB", scope="orders.write"),
            pki_client("stock", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", scope="stock.read", resources=(OTHER_API,)),
            self_signed_client("batch", certificates=[cls.batch.certificate]),
            pki_client("prover", tls_client_auth_subject_dn=ETL_DN, sender_constraint="dpop"),
            pki_client("doubled", tls_client_auth_subject_dn=ETL_DN, sender_constraint="both"),
        ]
        config["verifiers"] = [
            {"address": f"unix:{cls.socket}", "audience": API, "certificate_format": cls.certificate_format, "socket_mode": "0600", "url": API},
            {"address": "127.0.0.1:0", "audience": API, "proxies": [cls.proxy.certificate]},
        ]

    def access_token(self, cert=None, client_id="etl"):
        return self.token(cert or self.etl, client_id).json()["access_token"]

    def dpop_token(self, key, client_id="prover"):
        """Of a client whose tokens are bound to `key`."""
        proof = dpop.proof(key, "POST", f"https://localhost:8443{TOKEN}")
        response = self.curl(TOKEN, cert=self.etl, form=grant(client_id), headers=[f"DPoP: {proof}"])
        self.assertEqual((response.status, response.json().get("token_type")), (200, "DPoP"), response)
        return response.json()["access_token"]

    def assert_logged(self, ask, reason):
        """The log's line of a refusal, which `ask` brings about and names by its request. Ten a second have a line, so one of
        many in a row may have none: it is asked for again."""
        asked = set()

        def line():
            asked.add(ask())
            return next((event for event in self.daemon.log.events("verifier_refused") if event["request_id"] in asked), None)

        event = eventually(line, what="the log's line of a refusal")
        self.assertEqual(event["reason"], reason)
        return event


class ProxyTests:
    """A real proxy in its documented configuration, which asks for the scope orders.read, before a real backend. A subclass
    starts it (`start_proxy`) and says in which headers the backend hears of the client."""

    client_id_header = scope_header = None

    @classmethod
    def configure(cls, config):
        super().configure(config)
        config["tokens"]["lifetime"] = "15s"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend = Origin()
        cls.addClassCleanup(cls.backend.stop)
        cls.backend.answers = {"/orders": cls.say_who}
        cls.port = free_port()
        cls.start_proxy()

    @classmethod
    def example(cls, path, documented_and_ours):
        """A documented configuration, changed in its addresses and files alone."""
        text = (EXAMPLES / path).read_text(encoding="utf-8")
        for documented, ours in documented_and_ours.items():
            if documented not in text:
                raise AssertionError(f"{path} has no {documented}")
            text = text.replace(documented, ours)
        return text

    @classmethod
    def run_proxy(cls, program, *arguments):
        path = shutil.which(program, path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
        if path is None:
            raise AssertionError(f"{program} is not installed; scripts/install-deps test does that")
        cls.process = subprocess.Popen([path, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        cls.addClassCleanup(cls.end_proxy)
        eventually(lambda: cls.process.poll() is not None or is_listening(cls.port), what=program)
        if cls.process.poll() is not None:
            raise AssertionError(cls.process.stderr.read().decode())

    @classmethod
    def end_proxy(cls):
        cls.process.terminate()
        cls.process.wait(timeout=10)
        cls.process.stderr.close()

    @staticmethod
    def say_who(handler, _ending):
        body = json.dumps([[name.lower(), value] for name, value in handler.headers.items()]).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Connection", "close")  # as Origin does: else a proxy asks again on a connection that ends
        handler.end_headers()
        handler.wfile.write(body)

    def call(self, token=None, cert=None, headers=(), options=()):
        given = ([f"Authorization: Bearer {token}"] if token else []) + list(headers)
        return self.curl("https://localhost/orders", cert=cert, port=self.port, headers=given, options=options)

    def assert_passed(self, response, client_id):
        """The backend answered, and heard the client's name once; returns what it heard."""
        self.assertEqual(response.status, 200, response)
        heard = json.loads(response.body)
        self.assertEqual([value for name, value in heard if name == self.client_id_header], [client_id])
        return heard

    def assert_challenged(self, response, status, error=None):
        self.assertEqual(response.status, status, response)
        challenge = response.header("WWW-Authenticate")
        self.assertTrue(challenge.startswith(f'Bearer realm="{API}"'), challenge)
        if error:
            self.assertIn(f'error="{error}"', challenge)

    def test_the_right_certificate(self):
        """Issued by a CA that the proxy does not know, and by nobody but itself."""
        heard = dict(self.assert_passed(self.call(self.access_token(), self.etl), "etl"))
        self.assertEqual(set(heard[self.scope_header].split()), {"orders.read", "orders.write"})
        self.assertNotIn("authorization", heard)
        self.assert_passed(self.call(self.access_token(self.batch, "batch"), self.batch), "batch")

    def test_another_certificate(self):
        token = self.access_token()
        for cert in (self.reader, self.batch):
            self.assert_challenged(self.call(token, cert), 401, "invalid_token")
        self.assert_challenged(self.call(self.access_token(self.batch, "batch"), self.etl), 401, "invalid_token")

    def test_no_certificate(self):
        self.assert_challenged(self.call(self.access_token()), 401, "invalid_token")

    def test_no_token(self):
        self.assert_challenged(self.call(cert=self.etl), 401)

    def test_several_tokens(self):
        """RFC 6750 section 2: refused, whichever comes first."""
        good = f"Authorization: Bearer {self.access_token()}"
        for other in (good, "Authorization: Basic YTpi", "Authorization: Bearer x"):
            for headers in ([good, other], [other, good]):
                response = self.call(None, self.etl, headers)
                self.assertIn(response.status, (400, 401), headers)

    def test_no_fault_of_a_client_is_the_servers(self):
        """product.md section 8: a header that is malformed or larger than anybody reads is no 5xx."""
        for value in ("Bearer", "Bearer a b", "Bearer a,b", "bearer =", "Negotiate x"):
            self.assertIn(self.call(None, self.etl, [f"Authorization: {value}"]).status, (400, 401), value)
        large = [f"X-Large-{number}: {'a' * 7000}" for number in range(3)]
        self.assertIn(self.call(self.access_token(), self.etl, large, ["--http1.1"]).status, (200, 400, 431))

    def prove(self, token, *proofs, cert=None, headers=(), options=(), scheme="DPoP"):
        """GET /orders with that token and those proofs."""
        given = [f"Authorization: {scheme} {token}", *(f"DPoP: {proof}" for proof in proofs), *headers]
        return self.call(None, cert, given, options)

    def assert_proof_wanted(self, response, error):
        """9449-7-2, 9449-7-5: the error stands behind the scheme that was used, and both are offered."""
        self.assertEqual(response.status, 401, response)
        challenge = response.header("WWW-Authenticate")
        self.assertTrue(challenge.startswith('DPoP algs="ES256 '), challenge)
        self.assertIn(f'error="{error}", Bearer realm="{API}"', challenge)

    def test_a_dpop_proof(self):
        """9449-7-1: of the token's key, for this request; and the backend hears nothing of either."""
        for algorithm in ("ES256", "EdDSA"):
            key = dpop.make_key(algorithm)
            token = self.dpop_token(key)
            heard = dict(self.assert_passed(self.prove(token, dpop.proof(key, "GET", f"{API}/orders", token=token)), "prover"))
            self.assertEqual([name for name in ("authorization", "dpop") if name in heard], [])
            response = self.prove(token, dpop.proof(key, "GET", f"{API}/orders", token=token), cert=self.reader)
            self.assert_passed(response, "prover")

    def test_a_wrong_dpop_proof(self):
        key, thief = dpop.make_key(), dpop.make_key()
        token, asked = self.dpop_token(key), self.backend.count("/orders")
        url = f"{API}/orders"
        good = {"token": token}
        for what, proof in {
            "no ath": dpop.proof(key, "GET", url),
            "another token": dpop.proof(key, "GET", url, token=self.dpop_token(key)),
            "another method": dpop.proof(key, "POST", url, **good),
            "another path": dpop.proof(key, "GET", f"{API}/stock", **good),
            "another host": dpop.proof(key, "GET", "https://localhost/orders", **good),
            "stale": dpop.proof(key, "GET", url, **good, iat=int(time.time()) - 3600),
            "to come": dpop.proof(key, "GET", url, **good, iat=int(time.time()) + 3600),
            "another type": dpop.proof(key, "GET", url, **good, header={"typ": "JWT"}),
            "a private key": dpop.proof(key, "GET", url, **good, header={"jwk": {**key.jwk(), "d": key.private_member()}}),
            "noise": "a.b.c",
        }.items():
            with self.subTest(what):
                self.assert_proof_wanted(self.prove(token, proof), "invalid_dpop_proof")
        self.assert_proof_wanted(self.prove(token), "invalid_dpop_proof")
        self.assert_proof_wanted(self.prove(token, dpop.proof(thief, "GET", url, **good)), "invalid_token")
        self.assertEqual(self.backend.count("/orders"), asked)

    def test_several_dpop_proofs(self):
        """9449-4.3-1: two fields, or two proofs in one, however good."""
        key = dpop.make_key()
        token = self.dpop_token(key)
        first, second = (dpop.proof(key, "GET", f"{API}/orders", token=token) for _ in range(2))
        for proofs in ((first, second), (first, first), (f"{first}, {second}",)):
            self.assert_proof_wanted(self.prove(token, *proofs), "invalid_dpop_proof")
        self.assert_passed(self.prove(token, first), "prover")

    def test_a_dpop_proof_that_was_used(self):
        """9449-4.3-13: whichever worker is asked."""
        key = dpop.make_key()
        token = self.dpop_token(key)
        proof = dpop.proof(key, "GET", f"{API}/orders", token=token)
        self.assert_passed(self.prove(token, proof), "prover")
        for _ in range(8):
            self.assert_proof_wanted(self.prove(token, proof), "invalid_dpop_proof")

    def test_the_scheme_that_goes_with_the_token(self):
        """9449-7-3, 9449-7-4."""
        key = dpop.make_key()
        bound, other = self.dpop_token(key), self.access_token()
        url = f"{API}/orders"
        response = self.prove(bound, dpop.proof(key, "GET", url, token=bound), scheme="Bearer")
        self.assert_challenged(response, 401, "invalid_token")
        self.assertIn("DPoP algs=", response.header("WWW-Authenticate"))
        self.assert_challenged(self.call(bound, self.etl), 401, "invalid_token")
        self.assert_proof_wanted(self.prove(other, dpop.proof(key, "GET", url, token=other), cert=self.etl), "invalid_token")

    def test_a_token_that_is_bound_to_both(self):
        """DPoP+mTLS-2: the certificate and the key, neither alone."""
        key = dpop.make_key()
        token = self.dpop_token(key, "doubled")
        self.assertEqual(tokens.decode(token)[1]["cnf"], {"x5t#S256": self.etl.x5t(), "jkt": dpop.jkt(key)})

        def prove(key, cert):
            return self.prove(token, dpop.proof(key, "GET", f"{API}/orders", token=token), cert=cert)

        self.assert_passed(prove(key, self.etl), "doubled")
        self.assert_proof_wanted(prove(key, self.reader), "invalid_token")
        self.assert_proof_wanted(prove(key, None), "invalid_token")
        self.assert_proof_wanted(prove(dpop.make_key(), self.etl), "invalid_token")
        self.assert_challenged(self.call(token, self.etl), 401, "invalid_token")

    def test_a_spoofed_request(self):
        """What a client says of its own request in the proxy's place makes no proof for another one good."""
        key = dpop.make_key()
        token = self.dpop_token(key)
        names = ("X-Original-URI", "X-Original-Url", "X_Original_URI", "X-Forwarded-Uri", "X-Original-Method", "Host")
        for name in names:
            value = "POST" if name.endswith("Method") else "/stock"
            other = ("POST", f"{API}/orders") if value == "POST" else ("GET", f"{API}/stock")
            if name == "Host":
                value, other = "other.example.com", ("GET", "https://other.example.com/orders")
            response = self.prove(token, dpop.proof(key, *other, token=token), headers=[f"{name}: {value}"])
            self.assertIn(response.status, (401, 404, 421), name)
        # Query and fragment are no part of it, and the path is the one that the client wrote.
        self.assert_passed(self.prove(token, dpop.proof(key, "GET", f"{API}/orders?a=b#c", token=token)), "prover")

    def test_a_spoofed_header(self):
        """What the client sends under the header's name counts nothing, however it is spelt, and in whatever format."""
        token = self.access_token()
        values = (escaped(self.etl), f":{base64_of(self.etl)}:", base64_of(self.etl), f'Cert="{escaped(self.etl)}"')
        names = ("X-SSL-Client-Cert", "X_SSL_Client_Cert", "Client-Cert", "client-cert", "Client_Cert", "CLIENT-CERT",
                 "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert")  # fmt: skip
        for name in names:
            for value in values:
                for cert in (None, self.reader):
                    with self.subTest(name, value=value[:8], cert=cert is not None):
                        self.assert_challenged(self.call(token, cert, headers=[f"{name}: {value}"]), 401, "invalid_token")

    def test_spoofed_identity(self):
        """The backend hears what certbound said and nothing of what the client said in its place."""
        names = ("Client-Id", "Subject", "Scope", "Token-Id", "Expires-At", "Certificate", "Jkt")
        spoofed = [f"{prefix}{name}: {SPOOFED}" for name in names for prefix in ("X-Certbound-", "x-certbound-", "X-CERTBOUND-")]
        spoofed += [f"X-Certbound-{name}: {SPOOFED}".replace("-", "_", 3) for name in names]
        spoofed += [f"{self.client_id_header}: {SPOOFED}", f"{self.scope_header}: {SPOOFED}"]
        certificates = ("Client-Cert", "X-SSL-Client-Cert", "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert")
        spoofed += [f"{name}: {SPOOFED}" for name in certificates]
        heard = self.assert_passed(self.call(self.access_token(), self.etl, spoofed), "etl")
        self.assertEqual([name for name, value in heard if SPOOFED in value], [])
        # Whoever names them as its connection's own might have them dropped on the way.
        response = self.call(self.access_token(), self.etl, [f"Connection: close, {self.client_id_header}"], ["--http1.1"])
        if response.status != 400:
            self.assert_passed(response, "etl")

    def test_a_missing_scope(self):
        self.assert_challenged(self.call(self.access_token(self.reader, "reader"), self.reader), 403, "insufficient_scope")

    def test_a_token_of_another_resource(self):
        self.assert_challenged(self.call(self.access_token(client_id="stock"), self.etl), 401, "invalid_token")

    def test_a_denied_token(self):
        denied, other = self.access_token(), self.access_token()
        self.assert_passed(self.call(denied, self.etl), "etl")
        jti = tokens.decode(denied)[1]["jti"]
        done = run("deny", "add", "--jti", jti, "--reason", "a test", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_challenged(self.call(denied, self.etl), 401, "invalid_token")
        self.assert_passed(self.call(other, self.etl), "etl")

    def test_an_expired_token(self):
        """Also one that was accepted a moment before."""
        token = self.access_token()
        self.assert_passed(self.call(token, self.etl), "etl")
        eventually(lambda: self.call(token, self.etl).status == 401, within=40, what="the end of the token")
        self.assert_challenged(self.call(token, self.etl), 401, "invalid_token")

    def test_nothing_reaches_the_api_without_a_decision(self):
        """Refused by certbound, or by nobody: 5xx, and the backend was not asked."""
        token, asked = self.access_token(), self.backend.count("/orders")
        self.assertEqual(self.call(cert=self.etl).status, 401)
        self.assertEqual(self.call(token, self.reader).status, 401)
        self.daemon.stop()
        self.assertGreaterEqual(self.call(token, self.etl).status, 500)
        self.assertEqual(self.backend.count("/orders"), asked)
        self.daemon.start()
        self.assert_passed(self.call(self.access_token(), self.etl), "etl")
