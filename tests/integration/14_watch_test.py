"""`watch: true`: what changes is read without a signal, however it is changed (docs/adr/0018)."""

import copy
import json
import os
import shutil
import unittest

from support.cases import ETL_DN, TOKEN, OwnDaemonCase, grant, pki_client
from support.client import Curl
from support.daemon import PATIENCE, eventually

WITHIN = 10


def write(path, text):
    """In place, as an editor that keeps the inode, or cp."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def replace(path, text):
    """A new file renamed into place, as most editors and tools do."""
    write(path + ".tmp", text)
    os.replace(path + ".tmp", path)


def link(target, path):
    """A link renamed into place."""
    os.symlink(target, path + "_tmp")
    os.replace(path + "_tmp", path)


class WatchCase(OwnDaemonCase):
    def setUp(self):
        super().setUp()
        self.config = self.base_config()
        self.config["watch"] = True
        self.config["include"] = ["clients.d/*.yaml"]
        self.daemon = self.make_daemon(self.config)
        self.curl = Curl(self.daemon, self.server_ca)
        self.folder = self.daemon.folder
        os.mkdir(self.path("clients.d"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def clients(self, *ids):
        return json.dumps({"clients": [pki_client(one, tls_client_auth_subject_dn=ETL_DN) for one in ids]})

    def ask(self, client_id):
        return self.curl(TOKEN, cert=self.etl, form=grant(client_id))

    def after(self, change, event="reloaded"):
        """Makes the change and waits for the reload that it causes."""
        mark = self.daemon.log.mark()
        change()
        return self.daemon.log.wait(event, after=mark, within=WITHIN)

    def assert_serves(self, credential):
        with self.tls(self.daemon) as connection:
            self.assertEqual(connection.socket.getpeercert(True), credential.der())


class Files(WatchCase):
    def test_rewritten_in_place_and_renamed_into_place(self):
        self.daemon.start()
        self.assert_refused(self.ask("a"))
        self.after(lambda: write(self.path("clients.d/some.yaml"), self.clients("a")))
        self.assertEqual(self.daemon.log.events("files_changed")[-1]["name"], self.path("clients.d/some.yaml"))
        self.assert_granted(self.ask("a"), self.etl)
        self.after(lambda: write(self.path("clients.d/some.yaml"), self.clients("b")))
        self.assert_granted(self.ask("b"), self.etl)
        self.after(lambda: replace(self.path("clients.d/some.yaml"), self.clients("c")))
        self.assert_granted(self.ask("c"), self.etl)
        self.assert_refused(self.ask("b"))
        self.after(lambda: os.remove(self.path("clients.d/some.yaml")))
        self.assert_refused(self.ask("c"))
        self.daemon.stop()

    def test_the_main_file(self):
        self.daemon.start()
        self.config["clients"].append(pki_client("new", tls_client_auth_subject_dn=ETL_DN))
        self.after(lambda: replace(self.daemon.config_path, json.dumps(self.config)))
        self.assert_granted(self.ask("new"), self.etl)
        self.config["clients"].pop()
        self.after(lambda: write(self.daemon.config_path, json.dumps(self.config)))
        self.assert_refused(self.ask("new"))
        self.daemon.stop()

    def test_what_the_configuration_names(self):
        """Server certificate and key, anchor and CRL."""
        for name, source in (("server.crt", self.server.certificate), ("server.key", self.server.key),
                             ("anchor.crt", self.partner_ca.certificate), ("partner.crl", self.pki.crl(self.partner_ca))):  # fmt: skip
            shutil.copy(source, self.path(name))
        self.config["tls"] = {"certificate": "server.crt", "private_key": "server.key"}
        self.config["trust_stores"]["partner"] = {"anchors": ["anchor.crt"], "revocation": {"mode": "require", "crls": ["partner.crl"]}}
        self.daemon.write_config(self.config)
        self.daemon.start()
        self.assert_granted(self.ask("etl"), self.etl)
        self.after(lambda: shutil.copy(self.pki.crl(self.partner_ca, self.etl), self.path("partner.crl")))
        self.assert_refused(self.ask("etl"))
        self.after(lambda: shutil.copy(self.pki.crl(self.partner_ca), self.path("partner.crl")))
        self.assert_granted(self.ask("etl"), self.etl)
        renewed = self.pki.server(self.server_ca)

        def renew():
            shutil.copy(renewed.certificate, self.path("server.crt"))
            shutil.copy(renewed.key, self.path("server.key"))

        self.after(renew)
        self.assert_serves(renewed)
        other = self.pki.ca("CN=Other")
        with open(other.certificate, encoding="ascii") as file:
            pem = file.read()
        with open(self.path("anchor.crt"), encoding="ascii") as file:
            pem += file.read()
        self.after(lambda: replace(self.path("anchor.crt"), pem))
        self.assert_granted(self.ask("etl"), self.etl)
        self.daemon.stop()

    def test_a_clients_certificate(self):
        own = self.pki.leaf("CN=own")
        shutil.copy(self.etl.certificate, self.path("own.crt"))
        client = {"client_id": "own", "token_endpoint_auth_method": "self_signed_tls_client_auth", "certificates": ["own.crt"]}
        self.config["clients"].append({**client, "grant_types": ["client_credentials"], "scope": "orders.read",
                                       "resources": self.config["clients"][0]["resources"]})  # fmt: skip
        self.daemon.write_config(self.config)
        self.daemon.start()
        self.after(lambda: shutil.copy(own.certificate, self.path("own.crt")))
        self.assert_granted(self.curl(TOKEN, cert=own, form=grant("own")), own)
        self.daemon.stop()


class Links(WatchCase):
    def make_version(self, name, *ids):
        os.makedirs(self.path(f"volume/{name}/clients.d"))
        write(self.path(f"volume/{name}/certbound.yaml"), json.dumps({**self.config, "include": ["clients.d/*.yaml"]}))
        write(self.path(f"volume/{name}/clients.d/some.yaml"), self.clients(*ids))

    def test_a_volume_of_kubernetes(self):
        """Everything behind `..data`, which is exchanged for a new directory; the old one is deleted. Twice: the new ones are watched too."""
        self.make_version("..1", "a")
        os.symlink("..1", self.path("volume/..data"))
        for name in ("certbound.yaml", "clients.d"):
            os.symlink(f"..data/{name}", self.path(f"volume/{name}"))
        self.daemon.config_path = self.path("volume/certbound.yaml")
        self.daemon.start()
        self.assert_granted(self.ask("a"), self.etl)
        for old, new, client_id in (("..1", "..2", "b"), ("..2", "..3", "c")):

            def exchange(old=old, new=new, client_id=client_id):
                self.make_version(new, client_id)
                link(new, self.path("volume/..data"))
                shutil.rmtree(self.path(f"volume/{old}"))

            self.after(exchange)
            self.assert_granted(self.ask(client_id), self.etl)
        self.assert_refused(self.ask("b"))
        self.daemon.stop()

    def test_the_links_of_certbot(self):
        """`live/` links to `archive/`, and renewal unlinks and links again, one file after the other."""
        for name in ("archive/as", "live/as"):
            os.makedirs(self.path(name))

        def renew(number, credential):
            for kind, source in (("fullchain", credential.certificate), ("privkey", credential.key)):
                shutil.copy(source, self.path(f"archive/as/{kind}{number}.pem"))
                if number > 1:
                    os.remove(self.path(f"live/as/{kind}.pem"))
                os.symlink(f"../../archive/as/{kind}{number}.pem", self.path(f"live/as/{kind}.pem"))

        renew(1, self.server)
        self.config["tls"] = {"certificate": "live/as/fullchain.pem", "private_key": "live/as/privkey.pem"}
        self.daemon.write_config(self.config)
        self.daemon.start()
        for number in (2, 3):
            credential = self.pki.server(self.server_ca)
            self.after(lambda number=number, credential=credential: renew(number, credential))
            self.assert_serves(credential)
        self.daemon.stop()


class Directories(WatchCase):
    def test_that_come_go_and_come_back(self):
        os.rmdir(self.path("clients.d"))
        self.daemon.start()

        def come():
            os.mkdir(self.path("clients.d"))
            write(self.path("clients.d/some.yaml"), self.clients("a"))

        self.after(come)
        self.assert_granted(self.ask("a"), self.etl)
        self.after(lambda: shutil.rmtree(self.path("clients.d")))
        self.assert_refused(self.ask("a"))
        self.after(come)
        self.assert_granted(self.ask("a"), self.etl)
        self.after(lambda: write(self.path("clients.d/more.yaml"), self.clients("b")))
        self.assert_granted(self.ask("b"), self.etl)

        def exchange():
            os.mkdir(self.path("new.d"))
            write(self.path("new.d/some.yaml"), self.clients("c"))
            os.rename(self.path("clients.d"), self.path("old.d"))
            os.rename(self.path("new.d"), self.path("clients.d"))

        self.after(exchange)
        self.assert_granted(self.ask("c"), self.etl)
        self.daemon.stop()


class Faults(WatchCase):
    def test_bad_then_good(self):
        """What is refused changes nothing; mending it is heard, also in a file that only the refused configuration names."""
        self.daemon.start()
        self.after(lambda: write(self.path("clients.d/some.yaml"), "clients: ["), "reload_failed")
        self.assert_granted(self.ask("etl"), self.etl)
        self.assertEqual(self.curl.operations("/readyz").json(), {"status": "ready", "generation": 1, "last_reload": "failed"})
        self.after(lambda: write(self.path("clients.d/some.yaml"), self.clients("a")))
        self.assertEqual(self.curl.operations("/readyz").json(), {"status": "ready", "generation": 2})

        changed = copy.deepcopy(self.config)
        changed["trust_stores"]["partner"]["anchors"].append("later/anchor.crt")
        self.after(lambda: write(self.daemon.config_path, json.dumps(changed)), "reload_failed")
        self.assert_granted(self.ask("a"), self.etl)

        def mend():
            os.mkdir(self.path("later"))
            shutil.copy(self.pki.ca("CN=Later").certificate, self.path("later/anchor.crt"))

        self.after(mend)
        self.assertEqual(self.curl.operations("/readyz").json()["generation"], 3)
        self.daemon.stop()

    def test_a_key_that_others_may_read(self):
        """Mended by its mode alone."""
        shutil.copy(self.server.key, self.path("server.key"))
        self.config["tls"]["private_key"] = "server.key"
        self.daemon.write_config(self.config)
        self.daemon.start()
        self.after(lambda: os.chmod(self.path("server.key"), 0o644), "reload_failed")
        self.after(lambda: os.chmod(self.path("server.key"), 0o600))
        self.daemon.stop()


class Quiet(WatchCase):
    def test_a_swarm_of_changes_is_few_reloads(self):
        self.daemon.start()

        def swarm():
            for number in range(200):
                replace(self.path("clients.d/some.yaml"), self.clients(f"c{number}"))

        self.after(swarm)
        eventually(lambda: self.ask("c199").status == 200, what="the last of the changes")
        self.assertLessEqual(len(self.daemon.log.events("reloaded")), 2 + 2 * PATIENCE)
        self.daemon.stop()

    def test_its_own_files_are_no_change(self):
        """The state directory beside the configuration, the audit log among it; and reading is none."""
        self.config["state_dir"] = "."
        self.daemon.state_dir = self.folder
        os.chmod(self.folder, 0o700)
        self.daemon.write_config(self.config)
        self.daemon.start()
        for _ in range(20):
            self.assert_granted(self.ask("etl"), self.etl)
        write(self.path("unrelated"), "x")
        # Heard after all that, and the only one.
        self.after(lambda: write(self.path("clients.d/some.yaml"), self.clients("a")))
        self.assertEqual(len(self.daemon.log.events("files_changed")), 1)
        self.daemon.stop()

    def test_off_hears_nothing_and_a_reload_switches(self):
        del self.config["watch"]
        self.daemon.write_config(self.config)
        self.daemon.start()
        self.assertNotIn("anon_inode:inotify", self.daemon.open_paths())
        write(self.path("clients.d/some.yaml"), self.clients("a"))
        self.config["watch"] = True
        self.assertEqual(self.daemon.reload(self.config)["generation"], 2)  # the first one
        self.assertEqual(self.daemon.log.events("files_changed"), [])
        self.after(lambda: write(self.path("clients.d/some.yaml"), self.clients("b")))
        self.assertIn("anon_inode:inotify", self.daemon.open_paths())
        self.assertGreater(self.curl.metrics()[("certbound_watched_directories", frozenset())], 1)
        self.config["watch"] = False
        self.after(lambda: write(self.daemon.config_path, json.dumps(self.config)))
        self.assertEqual(self.curl.metrics()[("certbound_watched_directories", frozenset())], 0)
        generation = self.curl.operations("/readyz").json()["generation"]
        write(self.path("clients.d/some.yaml"), self.clients("c"))
        self.assertEqual(self.daemon.reload()["generation"], generation + 1)
        self.assertNotIn("anon_inode:inotify", self.daemon.open_paths())
        self.daemon.stop()

    def watches(self):
        """How many directories the kernel watches for the daemon."""
        return sum(text.count("inotify wd:") for text in self.daemon.descriptor_texts())

    def exchange_directory(self, number):
        """clients.d for another one of its name; both stay on the disk."""
        new = self.path(f"new-{number}.d")
        os.makedirs(new)
        write(os.path.join(new, "some.yaml"), self.clients(f"d{number}"))
        os.rename(self.path("clients.d"), self.path(f"old-{number}.d"))
        os.rename(new, self.path("clients.d"))

    def test_many_changes_leave_nothing_behind(self):
        self.daemon.start()
        self.after(lambda: write(self.path("clients.d/some.yaml"), self.clients("c")))
        files, watches = self.daemon.open_files(), self.watches()
        self.assertGreater(watches, 0)
        for number in range(10):
            self.after(lambda number=number: replace(self.path("clients.d/some.yaml"), self.clients(f"c{number}")))
        for number in range(5):
            self.after(lambda number=number: self.exchange_directory(number))
        self.assertEqual(self.daemon.open_files(), files)
        eventually(lambda: self.watches() == watches, what=f"{watches} watches again")
        self.daemon.stop()


if __name__ == "__main__":
    unittest.main()
