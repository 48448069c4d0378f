"""The two servers under test. Each is started in its own folder, waited for by a real request, and stopped by its pid."""

import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time

from . import pki as pki_module

BODY = "grant_type=client_credentials&client_id={client_id}&scope=orders.read"
CLIENTS_PER_FILE = 10_000  # a configuration file has at most 16 MiB
START_SECONDS = 120
STOP_SECONDS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    """The processes below `pid`: the ones to end where their parent could not."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


class Server:
    """A running server. `first_answer_ms` is the time from its start to the first 200."""

    name = ""

    def __init__(self, directory, pki, program):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o755)
        self.pki = pki
        self.program = program
        self.port = free_port()
        self.process = None
        self.first_answer = ""
        self.first_answer_ms = 0.0
        self.context = pki.client_context()

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.log = open(self.directory / "stderr.log", "wb")
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command(), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        try:
            self._wait_for_answer(begin)
        except BaseException:
            self._stop()
            raise
        return self

    def _wait_for_answer(self, begin):
        while True:
            answer = self.ask()
            if answer is not None:
                self.first_answer_ms = (time.monotonic() - begin) * 1000
                self.first_answer = answer
                return
            if self.process.poll() is not None or time.monotonic() - begin > START_SECONDS:
                raise RuntimeError(f"{self.name} does not answer; its log ends:\n{self.log_tail()}")
            time.sleep(0.002)

    def ask(self):
        """One token request; the body of a 200, None while nobody listens. Anything else is an error."""
        form = BODY.replace("{client_id}", "client-000000")
        request = (f"POST /oauth2/token HTTP/1.1\r\nHost: localhost:{self.port}\r\nConnection: close\r\n"
                   f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
                with self.context.wrap_socket(plain, server_hostname="localhost") as tls:
                    tls.sendall(request.encode())
                    answer = b"".join(iter(lambda: tls.recv(65536), b""))
        except ConnectionError:
            return None
        except ssl.SSLError as error:
            raise RuntimeError(f"{self.name}: {error}\n{self.log_tail()}") from error
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{self.name} answers {answer[:2000]!r}\n{self.log_tail()}")
        return body.decode()

    def token_request(self, rotate=False):
        """The generator's options for token requests: as the one client, or as each in turn."""
        client = "{client_id}" if rotate else "client-000000"
        return ["--connect", f"127.0.0.1:{self.port}", "--host", "localhost", "--ca", self.pki.path("ca.crt"), "--cert",
                self.pki.path("client.crt"), "--key", self.pki.path("client.key"), "--body", BODY.replace("{client_id}", client)]

    def log_tail(self):
        return (self.directory / "stderr.log").read_bytes()[-2000:].decode(errors="replace")

    def __exit__(self, failure, *_):
        self._stop()
        if failure is None and self.process.returncode != 0:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}; its log ends:\n{self.log_tail()}")

    def _stop(self):
        children = descendants(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in [self.process.pid, *children]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
        self.log.close()


class Nginx(Server):
    """Debian's nginx with a fixed answer of `answer_size` octets."""

    name = "nginx"

    def __init__(self, directory, pki, program, template, answer_size, workers=2):
        super().__init__(directory, pki, program)
        shell = json.dumps({"access_token": "", "token_type": "Bearer", "expires_in": 300})
        answer = shell.replace('""', '"' + "a" * max(0, answer_size - len(shell)) + '"', 1)
        text = pathlib.Path(template).read_text()
        for key, value in {"WORKERS": workers, "DIRECTORY": self.directory, "PORT": self.port, "ANSWER": answer,
                           "CERTIFICATE": pki.path("server.crt"), "PRIVATE_KEY": pki.path("server.key")}.items():
            text = text.replace(f"@{key}@", str(value))
        (self.directory / "nginx.conf").write_text(text)

    def command(self):
        return [self.program, "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")]


class Certbound(Server):
    """certbound with `count` registered clients of one `method`; client-000000 is the one that the certificate fits, or, for
    self_signed_tls_client_auth, every one of them."""

    name = "certbound"

    def __init__(self, directory, pki, program, count=10, method="tls_client_auth"):
        super().__init__(directory, pki, program)
        self.count = count
        self.jwks = {"keys": [pki.client_jwk()]}
        self.ids_file = self.directory / "ids.txt"
        self.ids_file.write_text("".join(f"client-{i:06d}\n" for i in range(count)))
        (self.directory / "clients.d").mkdir()
        self._write_clients(method)
        (self.directory / "certbound.yaml").write_text(json.dumps(self._config(), indent=2) + "\n")

    def _write_clients(self, method):
        for first in range(0, self.count, CLIENTS_PER_FILE):
            numbers = range(first, min(first + CLIENTS_PER_FILE, self.count))
            # Flow mappings: JSON is YAML too.
            lines = [f"  - {json.dumps(self._client(method, i))}\n" for i in numbers]
            (self.directory / "clients.d" / f"from-{first:06d}.yaml").write_text("clients:\n" + "".join(lines))

    def _client(self, method, number):
        client = {"client_id": f"client-{number:06d}", "token_endpoint_auth_method": method,
                  "grant_types": ["client_credentials"], "scope": "orders.read orders.write",
                  "resources": ["https://api.example.com"]}
        if method == "tls_client_auth":
            subject = pki_module.CLIENT_SUBJECT.replace("000000", f"{number:06d}")
            return client | {"tls_client_auth_subject_dn": subject, "trust_store": "bench"}
        return client | {"jwks": self.jwks}

    def _config(self):
        return {
            "issuer": f"https://localhost:{self.port}",
            "listeners": [{"address": f"127.0.0.1:{self.port}", "client_certificate": "request"}],
            "operations": {"address": f"127.0.0.1:{free_port()}"},
            "tls": {"certificate": self.pki.path("server.crt"), "private_key": self.pki.path("server.key")},
            "state_dir": str(self.directory / "state"),
            "resources": [{"identifier": "https://api.example.com", "scopes": ["orders.read", "orders.write"]}],
            "trust_stores": {"bench": {"anchors": [self.pki.path("ca.crt")]}},
            "include": ["clients.d/*.yaml"],
        }

    def token_request(self, rotate=False):
        return [*super().token_request(rotate), "--check", "token", *(["--client-ids", str(self.ids_file)] if rotate else [])]

    def command(self):
        return [self.program, "serve", "--config", str(self.directory / "certbound.yaml")]
