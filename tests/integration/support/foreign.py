"""Client programs around libraries that others wrote (tests/foreign): whether they are installed, how one is run, what each has to show.

`scripts/install-deps foreign` installs the libraries and writes build/foreign/ready at the end. Without it the tests are told to ctest as
skipped; where CERTBOUND_FOREIGN is `required` they fail.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from . import tokens
from .cases import API, DaemonCase, pki_client, self_signed_client
from .daemon import PATIENCE
from .origin import free_port
from .pki import openssl

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / "tests" / "foreign"
INSTALLED = ROOT / "build" / "foreign"
SKIPPED = 77  # SKIP_RETURN_CODE in tests/integration/CMakeLists.txt
HOW = "scripts/install-deps foreign installs the client libraries"


def is_installed():
    """The mark holds the digest of the lock file: with another lock file it counts no longer."""
    mark = INSTALLED / "ready"
    lock = (PROGRAMS / "node" / "package-lock.json").read_bytes()
    return mark.is_file() and mark.read_text(encoding="ascii").strip() == hashlib.sha256(lock).hexdigest()


def main():
    """unittest.main, where the libraries are there."""
    if is_installed():
        unittest.main()
    print(f"NOT RUN: the client libraries are not installed; {HOW}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CERTBOUND_FOREIGN") == "required" else SKIPPED)


def run_program(command, job, cwd):
    """The JSON that a client program prints for a job; what it writes to standard error is for the one who reads a failure."""
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=False, cwd=cwd, env=environment, timeout=60 * PATIENCE
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def signing_client(client_id, *, scope="orders.read", resources=(API,), **members):
    return {
        "client_id": client_id, "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "scope": scope,
        "resources": list(resources), **members,
    }  # fmt: skip


class ForeignCase(DaemonCase):
    """A daemon whose URLs are real, since these clients take them from the metadata: the issuer's port asks for no certificate, its
    alias does. Clients: etl, batch (self-signed), unbound, and orders-api, which introspects."""

    @classmethod
    def configure(cls, config):
        issuer_port, alias_port = free_port(), free_port()
        cls.issuer = config["issuer"] = f"https://localhost:{issuer_port}"
        cls.alias = f"https://127.0.0.1:{alias_port}"
        config["listeners"] = [
            {"address": f"127.0.0.1:{issuer_port}", "client_certificate": "none"},
            {"address": f"127.0.0.1:{alias_port}", "client_certificate": "request", "url": cls.alias},
        ]
        config["resources"][0]["introspection_clients"] = ["orders-api"]
        cls.orders_api = cls.pki.leaf("CN=orders-api", issuer=cls.partner_ca)
        cls.batch = cls.pki.leaf("CN=batch")
        config["clients"] += [
            pki_client("orders-api", tls_client_auth_subject_dn="CN=orders-api"),
            pki_client("unbound", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", tls_client_certificate_bound_access_tokens=False),
            self_signed_client("batch", certificates=[cls.batch.certificate]),
        ]

    def by_certificate(self, client_id, credential):
        """A client of a job that authenticates with a certificate, at the alias."""
        return {"id": client_id, "certificate": credential.certificate, "key": credential.key, "alias": True}

    @classmethod
    def add_signing_clients(cls, config):
        """signer (ES256, as jwks), rsa (PS256, as PEM) and ed (Ed25519, as PEM), which sign assertions, and orders-gateway, which signs and
        introspects. A certificate that signer presents is bound."""
        cls.signing_key, cls.gateway_key = cls.pki.leaf("CN=signer"), cls.pki.leaf("CN=orders-gateway")
        cls.rsa_key, cls.ed_key = cls.pki.key("rsa2048"), cls.pki.key("ed25519")
        config["resources"][0]["introspection_clients"].append("orders-gateway")
        config["clients"] += [
            signing_client("signer", jwks=cls.jwks_of(cls.signing_key), certificate_binding="when_presented"),
            signing_client("orders-gateway", jwks=cls.jwks_of(cls.gateway_key), token_endpoint_auth_signing_alg="ES256"),
            signing_client("rsa", public_keys=[cls.public_pem(cls.rsa_key)], token_endpoint_auth_signing_alg="PS256"),
            signing_client("ed", public_keys=[cls.public_pem(cls.ed_key)]),
        ]

    @classmethod
    def jwks_of(cls, credential):
        return {"keys": [{**cls.pki.jwk(credential), "kid": "one", "alg": "ES256", "use": "sig"}]}

    @classmethod
    def public_pem(cls, key):
        return cls.pki.write("public.pem", openssl("pkey", "-in", key, "-pubout"))

    def by_key(self, client_id, key, alg="ES256", **members):
        """A client of a job that authenticates with an assertion, at the issuer's own URLs."""
        return {"id": client_id, "private_key": key, "alg": alg, **members}

    def gateway(self):
        return self.by_key("orders-gateway", self.gateway_key.key, kid="one")

    def job(self, client, **members):
        return {
            "issuer": self.issuer, "ca": self.server_ca.certificate, "audience": API, "client": client,
            "resource_server": self.by_certificate("orders-api", self.orders_api), "parameters": {"scope": "orders.read"}, **members,
        }  # fmt: skip

    def assert_life(self, result, client_id, cnf, token_type="bearer"):
        """What every library has to show: a token that it took, whose signature it verified, that was active until it was revoked.
        Returns the claims."""
        self.assertEqual(result["metadata"]["issuer"], self.issuer)
        answer = result["token"]
        self.assertNotIn("thrown", answer, answer)
        self.assertEqual((answer["token_type"].lower(), answer["scope"]), (token_type, "orders.read"), answer)
        self.assertEqual(answer["expires_in"], 300)
        claims = self.claims_of(answer)
        self.assertEqual((claims["iss"], claims["aud"], claims["sub"], claims["client_id"]), (self.issuer, API, client_id, client_id))
        self.assertEqual(claims.get("cnf"), cnf)
        if "verified" in result:  # requests-oauthlib reads no JWT
            self.assertEqual(result["verified"].get("payload"), claims, result["verified"])
        said = {"active": True, **claims}
        self.assertEqual(result["introspected"].get("answer"), {**said, "token_type": {"bearer": "Bearer", "dpop": "DPoP"}[token_type]})
        self.assertIs(result["revoked"], True, result["revoked"])
        self.assertEqual(result["introspected_after"]["answer"], {"active": False})
        self.assertNotEqual(self.claims_of(result["second_token"])["jti"], claims["jti"])
        return claims

    @staticmethod
    def claims_of(answer):
        return tokens.decode(answer["access_token"])[1]


class Node:
    """Runs the programs of tests/foreign/node. Modules are looked for beside a program, so it is run from a copy beside what is installed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "node"
        shutil.copytree(PROGRAMS / "node", self.folder)
        (self.folder / "node_modules").symlink_to(INSTALLED / "node" / "node_modules")
        self.command = shutil.which("node", path="/usr/bin:/usr/local/bin") or "node"

    def __call__(self, program, job):
        return run_program([self.command, program], job, self.folder)


def python(program, job):
    """Runs a program of tests/foreign/python with Debian's own Python, which has the libraries."""
    return run_program(["/usr/bin/python3", "-B", str(PROGRAMS / "python" / program)], job, None)
