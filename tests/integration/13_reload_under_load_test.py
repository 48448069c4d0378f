"""Many reloads under load: certificates, CRLs (one file, one URL), anchors, clients (one with a jwks_uri) and options alternate, bad ones
stand in between; nobody notices.

CERTBOUND_RELOADS sets how many (default 40; scripts/soak says 200).
"""

import copy
import itertools
import json
import os
import shutil
import ssl
import threading
import time
import unittest

from support.cases import ETL_DN, ETL_SUBJECT, TOKEN, OwnDaemonCase, grant, pki_client, self_signed_client
from support.client import form_request
from support.daemon import PATIENCE, eventually
from support.origin import Origin, serve

RELOADS = int(os.environ.get("CERTBOUND_RELOADS", "40"))
LOADERS = 4
# A sanitizer's quarantine is no leak.
MOST_GROWTH_KIB = 4 * 1024 if PATIENCE == 1 else None


class Loader(threading.Thread):
    """Asks for tokens without a pause, on a connection that is kept or on a new one every few requests. Every answer has to be one of
    `accepted`."""

    def __init__(self, case, daemon, cert, client_id, accepted, requests_per_connection):
        super().__init__(daemon=True)
        self.case, self.server, self.cert = case, daemon, cert
        self.request = form_request(grant(client_id))
        self.accepted, self.per_connection = accepted, requests_per_connection
        self.done = threading.Event()
        self.answers, self.problem, self.slowest = 0, None, 0.0

    def run(self):
        try:
            while not self.done.is_set():
                with self.case.tls(self.server, self.cert) as connection:
                    self.use(connection)
        except (OSError, ssl.SSLError, AssertionError) as error:
            self.problem = repr(error)

    def use(self, connection):
        for _ in range(self.per_connection):
            if self.done.is_set():
                return
            began = time.monotonic()
            connection.send(self.request)
            response = connection.receive()
            self.slowest = max(self.slowest, time.monotonic() - began)
            if response is None or response.status not in self.accepted:
                raise AssertionError(f"answered {response}")
            self.answers += 1


class ReloadsUnderLoad(OwnDaemonCase):
    def setUp(self):
        super().setUp()
        self.place = os.path.join(self.folder, "changing")
        os.makedirs(os.path.join(self.place, "clients.d"))
        self.servers = [self.pki.server(self.server_ca), self.pki.server(self.server_ca)]
        revoked = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca)
        self.crls = [self.pki.crl(self.partner_ca, number="01"), self.pki.crl(self.partner_ca, revoked, number="02")]
        self.other_ca = self.pki.ca("CN=Other")
        self.batch = self.pki.leaf("CN=batch")
        self.origin = Origin(self.pki.server(self.server_ca))
        self.addCleanup(self.origin.stop)
        with open(self.pki.crl(self.partner_ca, number="03"), "rb") as file:
            self.origin.answers["/partner.crl"] = serve(file.read(), "application/pkix-crl")
        self.origin.answers["/jwks.json"] = serve(json.dumps({"keys": [self.pki.jwk(self.batch)]}).encode())
        self.config = self.base_config()
        self.config["fetch"] = {"allow": [f"127.0.0.1:{self.origin.port}"], "ca_file": self.server_ca.certificate}
        self.config["tls"] = {"certificate": self.path("server.crt"), "private_key": self.path("server.key")}
        self.config["trust_stores"]["partner"].update(
            anchors=[self.partner_ca.certificate], revocation={"mode": "require", "crls": [self.path("partner.crl"), self.origin.url("/partner.crl")]},
        )
        self.config["include"] = [os.path.join(self.place, "clients.d", "*.yaml")]
        self.config["log"]["level"] = "info"

    def path(self, name):
        return os.path.join(self.place, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def use_server(self, number):
        shutil.copy(self.servers[number].certificate, self.path("server.crt"))
        shutil.copy(self.servers[number].key, self.path("server.key"))

    def good(self, number):
        """The configuration of that number: everything alternates, not everything at once."""
        self.use_server(number % 2)
        shutil.copy(self.crls[number // 2 % 2], self.path("partner.crl"))
        flapping = [pki_client("flapping", tls_client_auth_subject_dn=ETL_DN)] if number % 3 else []
        flapping += [self_signed_client("batch", jwks_uri=self.origin.url("/jwks.json"))] if number % 5 else []
        others = [pki_client(f"other-{i}", tls_client_auth_san_dns=f"h{number}-{i}.example") for i in range(number % 7)]
        self.write("clients.d/some.yaml", json.dumps({"clients": flapping + others}))
        config = copy.deepcopy(self.config)
        config["tokens"]["lifetime"] = f"{5 + number % 5}m"
        config["trust_stores"]["partner"]["anchors"] += [self.other_ca.certificate] if number % 4 == 3 else []
        return config

    def bad(self, kind, number):
        """A configuration with one fault, and the text by which the log names it."""
        config = self.good(number)
        if kind == "key":
            shutil.copy(self.servers[(number + 1) % 2].key, self.path("server.key"))
            return config, "tls.private_key"
        if kind == "crl":
            self.write("partner.crl", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
            return config, "trust_stores.partner.revocation.crls[0]"
        if kind == "anchor":
            config["trust_stores"]["partner"]["anchors"] = [self.path("missing.crt")]
            return config, "trust_stores.partner.anchors[0]"
        if kind == "client":
            self.write("clients.d/some.yaml", json.dumps({"clients": [pki_client("etl", tls_client_auth_subject_dn="CN=x")]}))
            return config, "clients[0] (etl)"
        config["isuer"] = "x"
        return config, "isuer"

    def state(self, curl):
        metrics = curl.metrics()
        ready = curl.operations("/readyz")
        self.assertEqual(ready.status, 200)
        return (ready.json()["generation"], int(metrics[("certbound_config_generation", frozenset())]), ready.json().get("last_reload"),
                int(metrics[("certbound_config_last_reload_successful", frozenset())]))  # fmt: skip

    def use_every_reader(self, daemon):
        """Each opens its files of the database when it is first asked, and they stay open."""
        connections = [self.tls(daemon, self.etl) for _ in range(16)]
        for round in range(4):
            for number, connection in enumerate(connections):
                connection.send(form_request(grant(f"nobody-{round}-{number}")))
            for connection in connections:
                self.assert_refused(connection.receive())
        for connection in connections:
            connection.close()

    def wait_for_no_connection(self, curl):
        """But the one that asks."""
        eventually(lambda: curl.metrics()[("certbound_connections", frozenset())] <= 1, what="the end of the connections")

    def open_files(self, daemon):
        """What it has open but for sockets."""
        return [path for path in daemon.open_paths() if not path.startswith("socket:")]

    def assert_fails(self, daemon, curl, kind, number, generation):
        config, name = self.bad(kind, number)
        mark = daemon.log.mark()
        daemon.reload(config, expect="reload_failed", within=20)
        problems = " ".join(event["detail"] for event in daemon.log.events("configuration_problem", after=mark))
        self.assertIn(name, problems)
        self.assertEqual(self.state(curl), (generation, generation, "failed", 0))

    def test_nobody_notices(self):
        """SRV-6, keycloak 45057: no failed request, no descriptor and no memory left behind."""
        daemon, curl = self.start(self.good(0))
        self.config["state_dir"] = daemon.state_dir
        generation = 1
        for number in range(1, 9):  # caches and pools reach their size
            daemon.reload(self.good(number))
            generation += 1
        self.use_every_reader(daemon)
        self.wait_for_no_connection(curl)
        files, everything = self.open_files(daemon), daemon.open_files()
        always, either = (200,), (200, 400)
        loaders = [Loader(self, daemon, self.etl, "etl", always, (1 << 30, 20)[i % 2]) for i in range(LOADERS)]
        loaders.append(Loader(self, daemon, self.etl, "flapping", either, 50))
        loaders.append(Loader(self, daemon, self.batch, "batch", either, 50))
        for loader in loaders:
            loader.start()
        resident = None
        kinds = itertools.cycle(("key", "crl", "anchor", "client", "option"))
        began = time.monotonic()
        for number in range(RELOADS):
            if number % 4 == 3:
                self.assert_fails(daemon, curl, next(kinds), number, generation)
                continue
            event = daemon.reload(self.good(number), within=20)
            generation += 1
            self.assertEqual(event["generation"], generation)
            self.assertEqual(self.state(curl), (generation, generation, None, 1))
            with self.tls(daemon) as fresh:
                self.assertEqual(fresh.socket.getpeercert(True), self.servers[number % 2].der())
            if number == RELOADS // 4 or resident is None:
                resident = daemon.resident_kib()
        lasted = time.monotonic() - began
        growth = daemon.resident_kib() - resident
        for loader in loaders:
            loader.done.set()
        for loader in loaders:
            loader.join(timeout=60 * PATIENCE)
        answers = sum(loader.answers for loader in loaders)
        slowest = max(loader.slowest for loader in loaders)
        print(f"{RELOADS} reloads in {lasted:.1f} s under {answers} requests ({answers / lasted:.0f}/s), slowest {slowest * 1000:.0f} ms; "
              f"resident {growth:+} KiB")  # fmt: skip
        self.assertEqual([loader.problem for loader in loaders], [None] * len(loaders))
        self.assertTrue(all(loader.answers for loader in loaders))
        self.wait_for_no_connection(curl)
        self.assertEqual(self.open_files(daemon), files)
        eventually(lambda: daemon.open_files() <= everything, what=f"{everything} open files again")
        if MOST_GROWTH_KIB:
            self.assertLess(growth, MOST_GROWTH_KIB)
        self.assertEqual({record["generation"] for record in daemon.audit_records()} - set(range(1, generation + 1)), set())
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
