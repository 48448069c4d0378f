"""SIGHUP: configuration, clients, trust stores and TLS files change atomically, or not at all (SRV-6, product.md sections 3 and 8)."""

import copy
import json
import os
import shutil
import ssl
import threading
import unittest

from support.cases import API, TOKEN, OwnDaemonCase, grant, pki_client
from support.client import form_request
from support.daemon import run
from support.pki import DAY, now


class Clients(OwnDaemonCase):
    def test_clients_come_change_and_go_without_a_restart(self):
        """product.md section 3: declared clients are reconciled on reload; a running connection sees it at once."""
        config = self.base_config()
        daemon, curl = self.start(config)
        kept = self.tls(daemon, self.etl)

        def ask(form):
            kept.send(form_request(form))
            return kept.receive()

        self.assert_refused(curl(TOKEN, cert=self.etl, form=grant("batch")))
        changed = copy.deepcopy(config)
        changed["clients"].append(pki_client("batch", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB"))
        daemon.reload(changed)
        self.assert_granted(ask(grant("batch")), self.etl)

        changed["clients"][0]["scope"] = "orders.read"
        daemon.reload(changed)
        self.assertEqual(self.assert_granted(ask(grant()), self.etl)["scope"], "orders.read")

        del changed["clients"][1]
        daemon.reload(changed)
        self.assert_refused(ask(grant("batch")))
        self.assert_granted(ask(grant()), self.etl)
        daemon.stop()

    def test_included_files_are_read_again(self):
        """product.md section 3: `include:` takes globs, relative to the file that names them."""
        config = self.base_config()
        config["include"] = ["clients.d/*.yaml"]
        daemon = self.make_daemon(config)
        os.mkdir(os.path.join(daemon.folder, "clients.d"))
        daemon.start()
        from support.client import Curl

        curl = Curl(daemon, self.server_ca)
        self.assert_refused(curl(TOKEN, cert=self.etl, form=grant("batch")))
        with open(os.path.join(daemon.folder, "clients.d", "batch.yaml"), "w", encoding="utf-8") as file:
            file.write(
                "clients:\n  - client_id: batch\n    token_endpoint_auth_method: tls_client_auth\n"
                '    tls_client_auth_subject_dn: "CN=etl-01,O=Partner Corp,C=GB"\n    trust_store: partner\n'
                f"    scope: orders.read\n    resources: [{API}]\n"
            )
        daemon.reload()
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant("batch")), self.etl)
        daemon.stop()


class TrustStores(OwnDaemonCase):
    def test_a_removed_anchor_counts_at_once_on_a_kept_connection(self):
        """product.md section 5 rule 6: a reload ends what was remembered of a verification."""
        config = self.base_config()
        other_ca = self.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")
        daemon, _ = self.start(config)
        kept = self.tls(daemon, self.etl)
        kept.send(form_request(grant()))
        self.assert_granted(kept.receive(), self.etl)
        config["trust_stores"]["partner"]["anchors"] = [other_ca.certificate]
        daemon.reload(config)
        kept.send(form_request(grant()))
        self.assert_refused(kept.receive())
        config["trust_stores"]["partner"]["anchors"].append(self.partner_ca.certificate)
        daemon.reload(config)
        kept.send(form_request(grant()))
        self.assert_granted(kept.receive(), self.etl)
        daemon.stop()

    def test_a_changed_anchor_file_of_the_same_name_is_read(self):
        """keycloak 45057: reload covers the trust store, not only the key."""
        config = self.base_config()
        path = os.path.join(self.folder, "anchor.pem")
        shutil.copy(self.partner_ca.certificate, path)
        config["trust_stores"]["partner"]["anchors"] = [path]
        daemon, curl = self.start(config)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        shutil.copy(self.pki.ca("CN=Another").certificate, path)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)  # not before the reload
        daemon.reload()
        self.assert_refused(curl(TOKEN, cert=self.etl, form=grant()))
        daemon.stop()


class ServerCertificate(OwnDaemonCase):
    def test_a_new_server_certificate_is_served_and_old_connections_go_on(self):
        """TLS-21: the server's key and certificate change without dropping what is connected."""
        config = self.base_config()
        daemon, _ = self.start(config)
        kept = self.tls(daemon, self.etl)
        before = kept.socket.getpeercert(True)
        renewed = self.pki.server(self.server_ca)
        config["tls"] = {"certificate": renewed.certificate, "private_key": renewed.key}
        daemon.reload(config)
        for _ in range(6):  # every worker
            self.assertEqual(self.tls(daemon, self.etl).socket.getpeercert(True), renewed.der())
        self.assertNotEqual(before, renewed.der())
        kept.send(form_request(grant()))
        self.assert_granted(kept.receive(), self.etl)
        daemon.stop()


class FailedReload(OwnDaemonCase):
    """A reload that fails changes nothing and says so."""

    def setUp(self):
        super().setUp()
        self.config = self.base_config()
        self.daemon, self.curl = self.start(self.config)

    def tearDown(self):
        self.daemon.stop()
        super().tearDown()

    def assert_unchanged(self):
        self.assert_granted(self.curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        self.assert_refused(self.curl(TOKEN, cert=self.etl, form=grant("new")))
        self.assertEqual(self.curl.operations("/readyz").status, 200)

    def broken(self, change):
        config = copy.deepcopy(self.config)
        config["clients"].append(pki_client("new", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB"))
        change(config)
        return config

    def test_of_an_unknown_key(self):
        event = self.daemon.reload(self.broken(lambda config: config.update(isuer="x")), expect="reload_failed")
        self.assertIn("isuer", str(event) + self.daemon.log.text())
        self.assert_unchanged()

    def test_of_text_that_is_no_yaml(self):
        self.daemon.reload("issuer: [unclosed\n  - : :\n", expect="reload_failed")
        self.assert_unchanged()

    def test_of_a_missing_or_empty_anchor_file(self):
        """CVE-2026-27586: at reload the last known good stays."""
        for path in (os.path.join(self.folder, "gone.pem"), self.pki.write("empty.pem", "")):
            config = self.broken(lambda config, path=path: config["trust_stores"]["partner"].update(anchors=[path]))
            self.daemon.reload(config, expect="reload_failed")
            self.assert_unchanged()

    def test_of_a_key_that_does_not_fit_its_certificate(self):
        self.daemon.reload(self.broken(lambda config: config["tls"].update(private_key=self.etl.key)), expect="reload_failed")
        self.assert_unchanged()

    def test_of_two_clients_of_one_id(self):
        """9068-5-1: a client_id is one client's."""
        self.daemon.reload(self.broken(lambda config: config["clients"].append(config["clients"][0])), expect="reload_failed")
        self.assert_unchanged()

    def test_still_lets_go_of_a_rotated_audit_file(self):
        """lessons.md: what logrotate moved away is compressed or deleted; nothing may be written to it any more."""
        path = self.daemon.audit_path()
        self.assert_granted(self.curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        os.rename(path, path + ".1")
        size = os.path.getsize(path + ".1")
        self.daemon.reload(self.broken(lambda config: config.update(isuer="x")), expect="reload_failed")
        self.assert_unchanged()
        self.assertEqual(os.path.getsize(path + ".1"), size)
        self.assertGreater(os.path.getsize(path), 0)

    def test_of_a_missing_configuration_file(self):
        os.rename(self.daemon.config_path, self.daemon.config_path + ".away")
        self.daemon.reload(expect="reload_failed")
        self.assert_unchanged()
        os.rename(self.daemon.config_path + ".away", self.daemon.config_path)

    def test_is_visible_and_ends_with_the_next_good_one(self):
        """product.md section 8, keycloak 45057: the state of the configuration is in readyz and in the metrics."""

        def state():
            return self.curl.operations("/readyz").json(), self.curl.metrics()[("certbound_config_last_reload_successful", frozenset())]

        self.assertEqual(state(), ({"status": "ready", "generation": 1}, 1))
        event = self.daemon.reload("[]", expect="reload_failed")
        self.assertEqual(event["generation"], 1)
        self.assertEqual(state(), ({"status": "ready", "generation": 1, "last_reload": "failed"}, 0))
        self.daemon.reload(self.config)
        self.assertEqual(state(), ({"status": "ready", "generation": 2}, 1))


class Generation(OwnDaemonCase):
    def test_is_one_number_everywhere_and_goes_on_after_a_restart(self):
        """An operator sees whether a reload has arrived, an auditor which configuration decided."""
        daemon, curl = self.start()

        def numbers():
            self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
            listed = run("client", "list", "--json", "--config", daemon.config_path)
            text = run("client", "list", "--config", daemon.config_path).stdout
            facts = json.loads(listed.stdout)
            self.assertIn(f"(generation {facts['generation']}, since {facts['since']})", text)
            return {facts["generation"], daemon.audit_records()[-1]["generation"], curl.operations("/readyz").json()["generation"],
                    int(curl.metrics()[("certbound_config_generation", frozenset())])}  # fmt: skip

        self.assertEqual(daemon.log.wait("ready")["generation"], 1)
        self.assertEqual(numbers(), {1})
        self.assertEqual(daemon.reload()["generation"], 2)
        self.assertEqual(numbers(), {2})
        daemon.reload("[]", expect="reload_failed")
        daemon.write_config(self.with_state_of(daemon))
        self.assertEqual(numbers(), {2})
        daemon.stop()
        daemon.start()
        self.assertEqual(daemon.log.wait("ready")["generation"], 3)
        self.assertEqual(numbers(), {3})
        daemon.stop()

    def with_state_of(self, daemon):
        return {**self.base_config(), "state_dir": daemon.state_dir}


class UnderLoad(OwnDaemonCase):
    def test_reloads_under_load_lose_no_request(self):
        """SRV-6: reload is atomic; requests of several threads on kept and on new connections all succeed meanwhile."""
        config = self.base_config()
        second = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca, not_after=now() + DAY)
        daemon, _ = self.start(config)
        problems = []
        done = threading.Event()
        counts = [0] * 4

        def ask(number, cert):
            try:
                connection = None
                while not done.is_set():
                    if connection is None or number % 2:
                        if connection is not None:
                            connection.close()
                        connection = self.tls(daemon, cert)
                    connection.send(form_request(grant()))
                    response = connection.receive()
                    if response is None or response.status != 200:
                        problems.append(response)
                        return
                    counts[number] += 1
            except (OSError, ssl.SSLError, AssertionError) as error:
                problems.append(error)

        threads = [threading.Thread(target=ask, args=(i, self.etl if i < 2 else second)) for i in range(4)]
        for thread in threads:
            thread.start()
        changed = copy.deepcopy(config)
        for i in range(12):
            changed["clients"] = config["clients"] + [
                pki_client(f"extra-{i}-{j}", tls_client_auth_san_dns=f"c{j}.example") for j in range(i % 5)
            ]
            daemon.reload(changed)
        done.set()
        for thread in threads:
            thread.join(timeout=60)
        self.assertEqual(problems, [])
        self.assertTrue(all(counts), counts)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
