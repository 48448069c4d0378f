"""The base of the test cases: one PKI and one daemon for a class."""

import copy
import os
import shutil
import ssl
import tempfile
import unittest

from . import tokens
from .client import Curl, Tls, form_request
from .daemon import Daemon
from .pki import Pki

API = "https://api.example.com"
OTHER_API = "https://stock.example.com"
TOKEN = "/oauth2/token"
METADATA = "/.well-known/oauth-authorization-server"
JWKS = "/oauth2/jwks"
ETL_SUBJECT = ("C=GB", "O=Partner Corp", "CN=etl-01")
ETL_DN = "CN=etl-01,O=Partner Corp,C=GB"


def grant(client_id="etl", **parameters):
    """The form of a client_credentials request."""
    return {"grant_type": "client_credentials", "client_id": client_id, **parameters}


class PkiCase(unittest.TestCase):
    """A temporary folder, a PKI, a server certificate, one partner's CA with one client (etl)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp(prefix="certbound-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.pki = Pki(os.path.join(cls.folder, "pki"))
        cls.server_ca = cls.pki.ca("CN=Server CA")
        cls.server = cls.pki.server(cls.server_ca)
        cls.partner_ca = cls.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")
        cls.etl = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca)

    @classmethod
    def base_config(cls):
        """A configuration without clients but etl; each call makes a fresh copy."""
        return copy.deepcopy({
            "issuer": "https://localhost:8443",
            "listeners": [{"address": "127.0.0.1:0", "client_certificate": "request"}],
            "operations": {"address": "127.0.0.1:0"},
            "tls": {"certificate": cls.server.certificate, "private_key": cls.server.key},
            "state_dir": os.path.join(cls.folder, "state"),
            "tokens": {"lifetime": "5m"},
            "log": {"format": "json", "level": "debug"},
            "workers": 2,
            "limits": {"drain_timeout": "5s"},
            "resources": [
                {"identifier": API, "scopes": ["orders.read", "orders.write"]},
                {"identifier": OTHER_API, "scopes": ["stock.read"]},
            ],
            "trust_stores": {"partner": {"anchors": [cls.partner_ca.certificate]}},
            "clients": [pki_client("etl", tls_client_auth_subject_dn=ETL_DN, scope="orders.read orders.write")],
        })  # fmt: skip


def pki_client(client_id, *, trust_store="partner", scope="orders.read", resources=(API,), **members):
    return {
        "client_id": client_id, "token_endpoint_auth_method": "tls_client_auth", "trust_store": trust_store,
        "grant_types": ["client_credentials"], "scope": scope, "resources": list(resources), **members,
    }  # fmt: skip


def self_signed_client(client_id, *, scope="orders.read", resources=(API,), **members):
    return {
        "client_id": client_id, "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "grant_types": ["client_credentials"], "scope": scope, "resources": list(resources), **members,
    }  # fmt: skip


def add_introspecting_clients(case, config):
    """orders-api, which introspects the tokens of the first resource, and other, which has nothing to do with them."""
    config["resources"][0]["introspection_clients"] = ["orders-api"]
    case.orders_api = case.pki.leaf("CN=orders-api", issuer=case.partner_ca)
    case.other = case.pki.leaf("CN=other", issuer=case.partner_ca)
    config["clients"] += [
        pki_client("orders-api", tls_client_auth_subject_dn="CN=orders-api"),
        pki_client("other", tls_client_auth_subject_dn="CN=other"),
    ]


class Asserts(unittest.TestCase):
    """What is said of answers again and again."""

    def assert_granted(self, response, cert=None):
        """200 with a token bound to `cert`; returns its claims."""
        self.assertEqual(response.status, 200, response)
        answer = response.json()
        self.assertEqual(answer["token_type"].lower(), "bearer")
        _, claims, _ = tokens.decode(answer["access_token"])
        if cert is not None:
            self.assertEqual(claims["cnf"], {"x5t#S256": cert.x5t()})
        return claims

    def assert_error(self, response, error, status=400):
        """The JSON error of RFC 6749 section 5.2, with a request id, and no token; returns the request id."""
        self.assertEqual(response.status, status, response)
        answer = response.json()
        errors = (error,) if isinstance(error, str) else error
        self.assertIn(answer["error"], errors, answer)
        self.assertNotIn("access_token", answer)
        self.assertEqual(response.header("X-Request-Id"), answer["request_id"])
        self.assertRegex(answer["request_id"], r"\A[A-Za-z0-9_-]{8,64}\Z")
        # RFC 6749 section 5.2: what a description may hold.
        self.assertRegex(answer.get("error_description", ""), r"\A[\x20-\x21\x23-\x5b\x5d-\x7e]*\Z")
        return answer["request_id"]

    def assert_refused(self, response):
        """The one answer to every failed client authentication."""
        return self.assert_error(response, "invalid_client")


class DaemonCase(PkiCase, Asserts):
    """One daemon for the class, with what configure() says."""

    environment = None
    file_limit = None

    @classmethod
    def configure(cls, config):
        """Override: changes the base configuration; may make certificates."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        config = cls.base_config()
        cls.configure(config)
        cls.daemon = Daemon(cls.folder, config, environment=cls.environment, file_limit=cls.file_limit)
        cls.curl = Curl(cls.daemon, cls.server_ca)
        cls.addClassCleanup(cls.daemon.kill)
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        super().tearDownClass()

    def setUp(self):
        self.assertTrue(self.daemon.is_alive(), self.daemon.log.tail() if self.daemon.log else "")

    def tls(self, cert=None, **options):
        connection = Tls(self.daemon, self.server_ca, cert, **options)
        self.addCleanup(connection.close)
        return connection

    def token(self, cert=None, client_id="etl", *, options=(), headers=(), port=None, **parameters):
        """A token request by curl."""
        form = grant(client_id, **parameters)
        return self.curl(TOKEN, cert=cert, form=form, options=options, headers=headers, port=port)

    def weak_token(self, cert, client_id="etl"):
        """A token request with a certificate that is too weak for curl to send; None where the handshake is refused."""
        try:
            connection = self.tls(cert, weak=True)
            connection.send(form_request(grant(client_id)))
            return connection.receive()
        except (ssl.SSLError, ConnectionError):
            return None

    def reason_of(self, request_id):
        """The stable reason code with which the log explains a refusal."""
        return self.daemon.log.wait("client_refused", request_id=request_id)["reason"]

    def assert_refused_because(self, response, *reasons):
        """Refused on the wire like any other; the log and the audit record say why, under the same request id."""
        request_id = self.assert_refused(response)
        self.assertIn(self.reason_of(request_id), reasons)
        record = self.daemon.audit_record(request_id)
        self.assertTrue(set(reasons) & {str(value) for value in flat(record)}, record)
        return request_id


class OwnDaemonCase(PkiCase, Asserts):
    """A daemon for each test: for what stops, reloads or breaks it."""

    def make_daemon(self, config=None, **options):
        folder = tempfile.mkdtemp(dir=self.folder)
        config = config or self.base_config()
        if isinstance(config, dict) and config.get("state_dir") == os.path.join(self.folder, "state"):
            config["state_dir"] = os.path.join(folder, "state")
        daemon = Daemon(folder, config, **options)
        self.addCleanup(daemon.kill)
        return daemon

    def start(self, config=None, **options):
        """A running daemon and its curl."""
        daemon = self.make_daemon(config, **options).start()
        return daemon, Curl(daemon, self.server_ca)

    def tls(self, daemon, cert=None, **options):
        connection = Tls(daemon, self.server_ca, cert, **options)
        self.addCleanup(connection.close)
        return connection


def flat(value):
    """Every scalar in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from flat(item)
    else:
        yield value
