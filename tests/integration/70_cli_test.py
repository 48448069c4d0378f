"""The verbs of the command line (product.md section 2): what they print, how they end."""

import glob
import json
import os
import re
import stat
import unittest

from support.cases import ETL_DN, TOKEN, DaemonCase, OwnDaemonCase, PkiCase, grant, pki_client, self_signed_client
from support.client import Curl
from support.daemon import Daemon, run
from support.pki import DAY, Credential, now, openssl


class Cli(PkiCase):
    @classmethod
    def base_config(cls):
        """With all that check would warn of the lack of."""
        config = super().base_config()
        path = cls.pki.write("at-rest.key", "5a" * 32 + "\n")
        os.chmod(path, 0o400)
        return {**config, "signing": {"key_encryption_key": path}}

    def ok(self, *arguments, **options):
        """Ends with 0, says nothing on standard error; returns standard output."""
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def json(self, *arguments, status=0, **options):
        done = run(*arguments, "--json", **options)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def write_config(self, config):
        return self.pki.write("certbound.yaml", config if isinstance(config, str) else json.dumps(config, indent=2))


class Usage(Cli):
    def test_version(self):
        """version, commit, library versions."""
        text = self.ok("version")
        self.assertIn("certbound", text)
        self.assertIn("certbound", self.ok("--version"))
        facts = self.json("version")
        self.assertRegex(facts["version"], r"\A\d+\.\d+\.\d+")
        self.assertIn(facts["version"], text)
        self.assertTrue(any("openssl" in name.lower() for name in facts["libraries"]))

    def test_help(self):
        text = self.ok("--help")
        for verb in ("serve", "check", "init", "cert", "client", "keys", "token", "version"):
            self.assertIn(verb, text)
            self.assertTrue(self.ok("help", verb))
        for words in (("cert", "inspect"), ("cert", "verify"), ("client", "explain"), ("keys", "list"), ("token", "inspect")):
            self.assertTrue(self.ok(*words, "--help"))
            self.assertTrue(self.ok("help", *words))

    def test_wrong_usage_is_2(self):
        for arguments in ((), ("nonsense",), ("cert",), ("cert", "inspect"), ("client", "show"), ("check", "--nonsense"), ("version", "extra"),
                          ("cert", "verify", "--anchors", "a"), ("serve", "extra"), ("keys", "destroy"),
                          ("cert", "verify", "--anchors", "a", "--chain", "b", "--time", "soon")):  # fmt: skip
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertNotEqual(done.stderr, "")


class Check(Cli):
    def test_a_valid_configuration(self):
        path = self.write_config(self.base_config())
        self.assertIn("valid", self.ok("check", "--config", path))
        facts = self.json("check", "--config", path)
        self.assertIs(facts["valid"], True)
        self.assertEqual(facts["problems"], [])
        self.assertEqual(self.ok("check", environment={"CERTBOUND_CONFIG": path}), self.ok("check", "--config", path))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "state")), "check starts nothing and makes nothing")

    def test_a_key_encryption_key(self):
        """Without one there is a warning, with one none; one that others may read, or that is none, is an error."""
        config = self.base_config()
        del config["signing"]
        facts = self.json("check", "--config", self.write_config(config))
        self.assertIs(facts["valid"], True)
        self.assertEqual([(problem["severity"], problem["key"]) for problem in facts["problems"]], [("warning", "signing.key_encryption_key")])
        self.assertGreater(facts["problems"][0]["line"], 0)
        config = self.base_config()
        path = self.write_config(config)
        self.assertEqual(self.json("check", "--config", path)["problems"], [])
        os.chmod(config["signing"]["key_encryption_key"], 0o440)
        done = run("check", "--config", path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"signing\.key_encryption_key: .*at-rest\.key: others may read or change")
        config["signing"]["key_encryption_key"] = self.pki.write("short.key", "too short")
        os.chmod(config["signing"]["key_encryption_key"], 0o400)
        done = run("check", "--config", self.write_config(config))
        self.assertEqual(done.returncode, 1)
        self.assertIn("9 octets are too few", done.stderr)
        self.assertNotIn("too short\n", done.stderr)

    def test_every_problem_at_once_with_its_place(self):
        """product.md section 3: FILE:LINE:COL: KEY: what is wrong; what to do."""
        text = (
            "issuer: http://localhost:8443\n"  # 1
            "tokens: {lifetime: 300}\n"  # 2
            "listeners:\n"  # 3
            "  - address: 127.0.0.1:0\n"  # 4
            "    client_certificate: demand\n"  # 5
            "tls:\n"  # 6
            "  certificate: gone.crt\n"  # 7
            "  private_key: gone.key\n"  # 8
            "state_dir: state\n"  # 9
            "isuer: x\n"  # 10
            "resources:\n"  # 11
            "  - identifier: https://api.example.com\n"  # 12
            "    scopes: [a]\n"  # 13
            "    scopes: [b]\n"  # 14
        )
        path = self.write_config(text)
        done = run("check", "--config", path)
        self.assertEqual(done.returncode, 1)
        places = {}
        for line in done.stderr.splitlines():
            match = re.match(re.escape(path) + r":(\d+):(\d+): (.+)", line)
            self.assertIsNotNone(match, line)
            places.setdefault(int(match.group(1)), match.group(3))
        for line, word in {1: "issuer", 2: "tokens.lifetime", 5: "client_certificate", 7: "certificate", 10: "did you mean issuer", 14: "scopes"}.items():
            self.assertIn(word, places.get(line, ""), (line, done.stderr))
        facts = self.json("check", "--config", path, status=1)
        self.assertIs(facts["valid"], False)
        self.assertEqual({problem["line"] for problem in facts["problems"]}, set(places))
        for problem in facts["problems"]:
            self.assertLessEqual({"file", "line", "column", "key", "message"}, set(problem))

    def test_certificates_that_expire_soon_are_warned_about(self):
        """Within 30 days; a warning is no refusal."""
        config = self.base_config()
        soon = self.pki.ca("CN=Soon", not_after=now() + 3 * DAY)
        config["trust_stores"]["partner"]["anchors"].append(soon.certificate)
        path = self.write_config(config)
        facts = self.json("check", "--config", path)
        self.assertIs(facts["valid"], True)
        warnings = [problem for problem in facts["problems"] if problem["severity"] == "warning"]
        self.assertTrue(any(soon.certificate in str(problem) or "Soon" in str(problem) for problem in warnings), facts)
        done = run("check", "--config", path)
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning", done.stderr)

    def test_missing_and_unreadable_files(self):
        done = run("check", "--config", os.path.join(self.folder, "gone.yaml"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("gone.yaml", done.stderr)
        config = self.base_config()
        config["tls"]["private_key"] = os.path.join(self.folder, "gone.key")
        done = run("check", "--config", self.write_config(config))
        self.assertEqual(done.returncode, 1)
        self.assertIn("gone.key", done.stderr)

    def test_hostile_yaml_ends_quickly(self):
        """product.md section 8: anchors that multiply, deep nesting, other encodings, NUL, a second document."""
        laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
        for text in (laughs, "[" * 20000, "{a: " * 20000, "issuer: \x00\n", "issuer: x\n---\nissuer: y\n", "- *nothing\n", "? [a]\n: b\n",
                     "issuer: !!python/object:os.system x\n", "\ufeffissuer: x\n", "%YAML 9.9\n---\nissuer: x\n", ""):  # fmt: skip
            done = run("check", "--config", self.write_config(text), within=20)
            self.assertEqual(done.returncode, 1, (text[:40], done.stderr[:300]))
            self.assertNotEqual(done.stderr, "")
            self.assertLess(len(done.stderr), 200_000)


class Init(Cli):
    def test_what_it_writes_works(self):
        """A working starter, and the commands to run next."""
        folder = os.path.join(self.folder, "starter")
        import socket

        with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
            port, operations_port = first.getsockname()[1], second.getsockname()[1]
        text = self.ok("init", folder, "--port", str(port), "--operations-port", str(operations_port))
        self.assertIn("certbound serve --config", text)
        self.assertRegex(text, r"curl .*--cert ")
        for name in ("certbound.yaml", "ca/dev-ca.crt", "keys/at-rest.key", "tls/server.crt", "tls/server.key", "clients/client-1.crt", "clients/client-1.key"):
            self.assertTrue(os.path.getsize(os.path.join(folder, name)), name)
        for path in glob.glob(os.path.join(folder, "**", "*.key"), recursive=True):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)
        path = os.path.join(folder, "certbound.yaml")
        self.assertEqual(self.json("check", "--config", path)["problems"], [])
        with open(path, encoding="utf-8") as file:
            config = file.read()
        self.assertIn("#", config)

        daemon = Daemon(folder, config)
        self.addCleanup(daemon.kill)
        daemon.start()
        ca = Credential(os.path.join(folder, "ca/dev-ca.crt"), "")
        client = Credential(os.path.join(folder, "clients/client-1.crt"), os.path.join(folder, "clients/client-1.key"))
        curl = Curl(daemon, ca)
        url = f"https://localhost:{port}"
        response = curl(url + TOKEN, cert=client, form=grant("client-1"), port=port)
        self.assertEqual(response.status, 200, response)
        self.assertEqual(curl(url + "/.well-known/oauth-authorization-server", port=port).json()["issuer"], url)
        daemon.stop()

    def test_nothing_is_overwritten(self):
        folder = os.path.join(self.folder, "occupied")
        os.mkdir(folder)
        with open(os.path.join(folder, "mine"), "w", encoding="ascii") as file:
            file.write("x")
        done = run("init", folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("occupied", done.stderr)
        self.assertEqual(os.listdir(folder), ["mine"])

    def test_ports_that_are_none(self):
        for port in ("0", "65536", "x", "-1", ""):
            self.assertEqual(run("init", os.path.join(self.folder, "none"), "--port", port).returncode, 2, port)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "none")))


class CertInspect(Cli):
    def test_the_facts(self):
        """kjur/jsrsasign 428: every registrable value, as RFC 8705 wants it, beside openssl's own figures."""
        cert = self.pki.leaf(
            "C=GB", "O=Partner, Corp", ("OU=a", "CN=etl-01"), issuer=self.partner_ca, serial=0xABCDEF,
            san=["DNS:a.example", "URI:spiffe://a/b", "IP:192.0.2.1", "IP:2001:db8::1", "email:a@b.example"],
        )  # fmt: skip
        text = self.ok("cert", "inspect", cert.certificate)
        facts = self.json("cert", "inspect", cert.certificate)
        self.assertEqual(facts["x5t#S256"], cert.x5t())
        self.assertEqual(facts["jwk"]["x5c"], ["".join(cert.leaf_pem().splitlines()[1:-1])])
        self.assertEqual({name: facts["jwk"][name] for name in ("kty", "crv", "x", "y")}, self.pki.jwk(cert))
        self.assertIn(facts["subject"], ("OU=a+CN=etl-01,O=Partner\\, Corp,C=GB", "CN=etl-01+OU=a,O=Partner\\, Corp,C=GB"))
        self.assertEqual(int(facts["serial"], 16), 0xABCDEF)
        for word in (cert.x5t(), "a.example", "spiffe://a/b", "192.0.2.1", "2001:db8::1", "a@b.example", "tls_client_auth_subject_dn",
                     "tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email",
                     "self_signed_tls_client_auth"):  # fmt: skip
            self.assertIn(word, text)

    def test_what_it_prints_can_be_pasted(self):
        """The entries authenticate the certificate that they were made from."""
        cert = self.pki.leaf("C=GB", 'O=A "quoted", \\ #1 ', "CN=etl", issuer=self.partner_ca, san=["DNS:a.example", "URI:https://a/b"])
        relative = os.path.relpath(cert.certificate, os.getcwd())
        entries = self.json("cert", "inspect", relative)["registrations"]
        self.assertEqual(len(entries), 7, "the subject, two SANs, a file, x5c, x5t#S256, the key")
        for number, entry in enumerate(entries):
            config = self.base_config()
            entry = entry.replace("CHOOSE-AN-ID", f"pasted-{number}").replace("THE-PARTNERS-TRUST-STORE", "partner")
            entry = entry.replace("THE-RESOURCE-IDENTIFIER", "https://api.example.com")
            included = self.pki.write("pasted.yaml", "clients:\n" + "".join(f"  {line}\n" for line in entry.splitlines() if line))
            config["include"] = [included]
            config["clients"] = []
            path = self.write_config(config)
            self.ok("check", "--config", path)
            done = run("client", "explain", f"pasted-{number}", "--cert", cert.certificate, "--config", path)
            self.assertEqual(done.returncode, 0, entry + done.stdout + done.stderr)

    def test_a_certificate_with_a_damaged_half(self):
        """Subject and SAN do not hide one another; what cannot be registered is said, and the rest is printed."""
        fixtures = os.path.join(os.environ["CERTBOUND_FIXTURES"], "names", "certificates")
        facts = self.json("cert", "inspect", os.path.join(fixtures, "broken_san.pem"))
        self.assertTrue(facts["subject_alt_names"][0].startswith("(unusable: "), facts)
        self.assertIn("tls_client_auth_subject_dn", facts["registrations"][0])
        self.assertEqual(len(facts["no_registration_because"]), 1)
        text = self.ok("cert", "inspect", os.path.join(fixtures, "nul_in_cn.pem"))
        self.assertIn("no_registration_because: ", text)
        self.assertIn(facts["x5t#S256"], self.ok("cert", "inspect", os.path.join(fixtures, "broken_san.pem")))
        self.assertNotIn("tls_client_auth_subject_dn", text)
        self.assertIn("self_signed_tls_client_auth", text)

    def test_files_that_are_no_certificate(self):
        with open(self.etl.key, encoding="ascii") as file:
            key = file.read()
        for content in ("", "nonsense", self.etl.leaf_pem()[:300], key):
            done = run("cert", "inspect", self.pki.write("bad.pem", content))
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertNotIn("PRIVATE", done.stdout + done.stderr.replace("PRIVATE KEY block", ""))
        self.assertEqual(run("cert", "inspect", os.path.join(self.folder, "gone.pem")).returncode, 3)

    def test_the_certificate_of_rfc_8705(self):
        """8705-A-1, V8705-1: X.509 v1, serial 2, expired; the thumbprint of the RFC."""
        pem = (
            "-----BEGIN CERTIFICATE-----\n"
            "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx\n"
            "ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG\n"
            "SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ\n"
            "/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID\n"
            "SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV\n"
            "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=\n"
            "-----END CERTIFICATE-----\n"
        )
        facts = self.json("cert", "inspect", self.pki.write("a.pem", pem))
        self.assertEqual(facts["x5t#S256"], "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0")
        self.assertEqual(facts["subject"], "CN=mtls")
        self.assertEqual(facts["serial"].lstrip("0"), "2")
        self.assertEqual(facts["jwk"]["x"], "1yfLHCpXqFjxCeHHHMVDTcLscpb07KUxudBmOMn8C7Q")
        self.assertEqual(facts["key_thumbprint"], "Fvi_j8Immo6AlgIwpZKqaXnNP_9b09pLKkQHObRebQY")


class CertVerify(Cli):
    def verify(self, cert, *arguments, anchor=None, status=0):
        return self.json("cert", "verify", "--anchors", (anchor or self.partner_ca).certificate, "--chain", cert.certificate, *arguments, status=status)

    def test_a_path_or_the_reason(self):
        facts = self.verify(self.etl)
        self.assertIs(facts["valid"], True)
        self.assertEqual([step["x5t#S256"] for step in facts["path"]], [self.etl.x5t(), self.partner_ca.x5t()])
        facts = self.verify(self.etl, anchor=self.server_ca, status=1)
        self.assertIs(facts["valid"], False)
        self.assertIn(facts["reason"], ("anchor_not_for_client", "issuer_missing"))
        done = run("cert", "verify", "--anchors", self.server_ca.certificate, "--chain", self.etl.certificate)
        self.assertEqual(done.returncode, 1)
        self.assertIn(facts["reason"], done.stdout + done.stderr)

    def test_the_time(self):
        later = int((now() + 400 * DAY).timestamp())
        self.assertEqual(self.verify(self.etl, "--time", str(later), status=1)["reason"], "certificate_expired")
        earlier = f"{now() - 400 * DAY:%Y-%m-%dT%H:%M:%SZ}"
        self.assertEqual(self.verify(self.etl, "--time", earlier, status=1)["reason"], "certificate_not_yet_valid")

    def test_the_depth(self):
        sub = self.pki.ca("CN=Sub", issuer=self.partner_ca)
        below = self.pki.leaf("CN=below", issuer=sub).with_chain(sub)
        self.verify(below, "--max-depth", "1")
        self.verify(below, "--max-depth", "0", status=1)

    def test_files_that_cannot_be_read(self):
        gone = os.path.join(self.folder, "gone.pem")
        for anchors, chain in ((gone, self.etl.certificate), (self.partner_ca.certificate, gone)):
            self.assertEqual(run("cert", "verify", "--anchors", anchors, "--chain", chain).returncode, 3)


class Registry(DaemonCase):
    """Beside a running daemon."""

    ok, json = Cli.ok, Cli.json

    @classmethod
    def configure(cls, config):
        cls.own = cls.pki.leaf("CN=batch")
        config["clients"].append(self_signed_client("batch", certificates=[cls.own.certificate], client_name="Nightly batch"))

    def config(self):
        return ("--config", self.daemon.config_path)

    def test_client_list_and_show(self):
        """product.md section 2: the registry as the daemon sees it, with where each client came from."""
        text = self.ok("client", "list", *self.config())
        self.assertIn("etl", text)
        facts = self.json("client", "list", *self.config())
        self.assertEqual([client["client_id"] for client in facts["clients"]], ["batch", "etl"])
        for client in facts["clients"]:
            self.assertIn("certbound.yaml:", client["place"])
        shown = self.json("client", "show", "etl", *self.config())
        self.assertEqual(shown["tls_client_auth_subject_dn"], ETL_DN)
        self.assertEqual(shown["trust_store"], "partner")
        self.assertIn("Nightly batch", self.ok("client", "show", "batch", *self.config()))
        self.assertIn(self.own.x5t(), str(self.json("client", "show", "batch", *self.config())))
        self.assertEqual(run("client", "show", "nobody", *self.config()).returncode, 1)

    def test_explain_agrees_with_the_daemon(self):
        """Every step; exit 0 where the daemon grants, 1 where it refuses, with the reason of its log."""
        sub = self.pki.ca("CN=Sub", issuer=self.partner_ca)
        cases = [
            ("etl", self.etl),
            ("batch", self.own),
            ("etl", self.own),
            ("batch", self.etl),
            ("etl", self.pki.leaf("CN=other", issuer=self.partner_ca)),
            ("etl", self.pki.leaf("CN=etl-01", "O=Partner Corp", "C=GB", issuer=self.partner_ca)),
            ("etl", self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca, eku="serverAuth")),
            ("etl", self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca, not_before=now() - 9 * DAY, not_after=now() - DAY)),
            ("etl", self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=sub)),
            ("etl", self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=sub).with_chain(sub)),
        ]
        for client_id, cert in cases:
            response = self.token(cert, client_id)
            granted = response.status == 200
            with self.subTest(client_id=client_id, cert=cert.certificate):
                facts = self.json("client", "explain", client_id, "--cert", cert.certificate, *self.config(), status=0 if granted else 1)
                self.assertIs(facts["accepted"], granted)
                outcomes = [step["outcome"] for step in facts["steps"]]
                if granted:
                    self.assertEqual(set(outcomes), {"passed"})
                else:
                    self.assertEqual(outcomes.count("failed"), 1)
                    self.assertEqual(facts["reason"], self.reason_of(response.json()["request_id"]))
                    after = outcomes[outcomes.index("failed") + 1 :]
                    self.assertLessEqual(set(after), {"not_reached"})

    def test_explain_shows_both_values(self):
        """Side by side where they differ; for an order that differs, the right string to register."""
        cert = self.pki.leaf("CN=etl-01", "O=Partner Corp", "C=GB", issuer=self.partner_ca)
        done = run("client", "explain", "etl", "--cert", cert.certificate, *self.config())
        self.assertEqual(done.returncode, 1)
        self.assertIn(ETL_DN, done.stdout)
        self.assertIn("C=GB,O=Partner Corp,CN=etl-01", done.stdout)
        self.assertIn("subject_order_differs", done.stdout)
        self.assertEqual(run("client", "explain", "nobody", "--cert", cert.certificate, *self.config()).returncode, 1)
        facts = self.json("client", "explain", "etk", "--cert", cert.certificate, *self.config(), status=1)
        self.assertEqual((facts["accepted"], facts["reason"]), (False, "client_unknown"))
        self.assertEqual([(step["step"], step["outcome"]) for step in facts["steps"]], [("client", "failed")])
        self.assertEqual((facts["steps"][0]["presented"], facts["steps"][0]["expected"]), ("etk", "etl"))
        self.assertEqual(run("client", "explain", "etl", "--cert", "gone.pem", *self.config()).returncode, 3)

    def test_keys_list(self):
        """The key that signs, and no private half."""
        token = self.token(self.etl).json()["access_token"]
        kid = json.loads(self.ok("token", "inspect", "--json", token))["header"]["kid"]
        text = self.ok("keys", "list", *self.config())
        self.assertIn(kid, text)
        keys = self.json("keys", "list", *self.config())
        found = [key for key in (keys if isinstance(keys, list) else keys["keys"]) if key["kid"] == kid]
        self.assertEqual([(key["algorithm"], key["state"]) for key in found], [("ES256", "active")])
        self.assertNotIn("PRIVATE", text)

    def test_token_inspect(self):
        """Header and claims, without trusting them."""
        token = self.token(self.etl).json()["access_token"]
        facts = self.json("token", "inspect", token)
        self.assertEqual(facts["claims"]["cnf"], {"x5t#S256": self.etl.x5t()})
        self.assertEqual(facts["header"]["typ"], "at+jwt")
        self.assertIn(self.etl.x5t(), self.ok("token", "inspect", token))
        self.assertIn(self.etl.x5t(), self.ok("token", "inspect", "-", stdin=token + "\n"))
        for bad in ("", "x", "a.b", "a.b.c.d", "e30.e30", "e30=.e30.e30", token[:40], "{}"):
            self.assertIn(run("token", "inspect", bad).returncode, (1, 2), bad)

    def test_verbs_beside_the_daemon_disturb_nothing(self):
        for _ in range(3):
            self.ok("client", "list", *self.config())
            self.ok("keys", "list", *self.config())
        self.assert_granted(self.token(self.etl), self.etl)


class NoDaemonYet(Cli):
    def test_verbs_before_the_first_start(self):
        """The configuration's clients stand in for the registry; nothing is made."""
        config = self.base_config()
        config["state_dir"] = os.path.join(self.folder, "never")
        path = self.write_config(config)
        self.assertEqual([client["client_id"] for client in self.json("client", "list", "--config", path)["clients"]], ["etl"])
        self.assertEqual(run("client", "explain", "etl", "--cert", self.etl.certificate, "--config", path).returncode, 0)
        self.assertEqual(run("keys", "list", "--config", path).returncode, 3)
        done = run("keys", "rotate", "--config", path)
        self.assertEqual(done.returncode, 3)
        self.assertIn("no server runs there", done.stderr)
        self.assertFalse(os.path.exists(config["state_dir"]))

    def test_an_invalid_configuration_is_1_for_verbs(self):
        """78 is serve's."""
        path = self.write_config("issuer: 1\n")
        for words in (("check",), ("client", "list"), ("keys", "list"), ("keys", "rotate"), ("client", "show", "a")):
            done = run(*words, "--config", path)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(path + ":", done.stderr)
        self.assertEqual(run("serve", "--config", path).returncode, 78)


if __name__ == "__main__":
    unittest.main()
