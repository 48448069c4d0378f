"""OCSP responders: the openssl program's own, and one that sends what a test wants."""

import http.server
import os
import re
import subprocess
import tempfile
import threading

from . import der
from .pki import openssl

_EXTENSIONS = [("basicConstraints", "critical,CA:FALSE"), ("keyUsage", "critical,digitalSignature")]


def signer(pki, issuer, name="CN=OCSP signer", eku="OCSPSigning", **options):
    """A certificate by `issuer` for signing answers."""
    return pki.issue(name, issuer=issuer, extensions=[*_EXTENSIONS, ("extendedKeyUsage", eku)], **options)


def naming(url):
    """The extension of a certificate whose responder is at `url`."""
    return [("authorityInfoAccess", f"OCSP;URI:{url}")]


def serial_of(credential):
    return openssl("x509", "-in", credential.certificate, "-noout", "-serial").decode().strip().partition("=")[2]


def write_index(path, good=(), revoked=()):
    """The index of `openssl ca`, with these credentials. In one step, since a responder reads it when it changes."""
    lines = []
    for fields, credentials in (("V\t491231235959Z\t", good), ("R\t491231235959Z\t200101000000Z,keyCompromise", revoked)):
        for serial in map(serial_of, credentials):
            lines.append(f"{fields}\t{serial}\tunknown\t/CN={serial}\n")  # no subject twice
    with open(path + ".new", "w", encoding="ascii") as file:
        file.writelines(lines)
    os.replace(path + ".new", path)


class OpensslResponder:
    """`openssl ocsp` as a server; `requests()` counts what it was asked."""

    def __init__(self, issuer, by=None, good=(), revoked=(), options=("-nmin", "60")):
        by = by or issuer
        self._folder = tempfile.mkdtemp(dir=os.path.dirname(issuer.certificate))
        self.index = os.path.join(self._folder, "index.txt")
        write_index(self.index, good, revoked)
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", "openssl", "ocsp", "-port", "0", "-index", self.index, "-CA", issuer.certificate, "-rsigner", by.certificate,
             "-rkey", by.key, "-text", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._changed = threading.Condition()
        self._text = ""
        threading.Thread(target=self._read, daemon=True).start()
        with self._changed:
            if not self._changed.wait_for(lambda: "ACCEPT " in self._text, timeout=10):
                raise AssertionError("openssl ocsp does not listen")
        self.port = int(re.search(r"ACCEPT \S*:(\d+) ", self._text)[1])
        self.url = f"http://127.0.0.1:{self.port}/"

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._text += line.decode(errors="replace")
                self._changed.notify_all()

    def requests(self):
        with self._changed:
            return self._text.count("OCSP Request Data:")

    def text(self):
        with self._changed:
            return self._text

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class ScriptedResponder:
    """Sends `answer(request)`: octets with status 200, a number as a status, or nothing at all, ever, for None."""

    def __init__(self, answer):
        self.asked = []
        self._ended = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, self.headers["Content-Type"], request))
                body = answer(request)
                if body is None:
                    outer._ended.wait(60)
                    return
                self.send_response(body if isinstance(body, int) else 200)
                body = b"" if isinstance(body, int) else body
                self.send_header("Content-Type", "application/ocsp-response")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/ocsp"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()


def answer_by_openssl(request, issuer, by=None, good=(), revoked=(), options=("-nmin", "60")):
    """The octets of an answer to `request`, without a server."""
    by = by or issuer
    with tempfile.TemporaryDirectory() as folder:
        index, question, answer = (os.path.join(folder, name) for name in ("index.txt", "request", "answer"))
        write_index(index, good, revoked)
        with open(question, "wb") as file:
            file.write(request)
        openssl("ocsp", "-index", index, "-CA", issuer.certificate, "-rsigner", by.certificate, "-rkey", by.key,
                "-reqin", question, "-respout", answer, *options)  # fmt: skip
        with open(answer, "rb") as file:
            return file.read()


def redated(response, by, this_update, next_update):
    """The answer with other dates, signed again: the openssl program writes the present only."""
    outer = der.children(der.read(response)[1])
    kind, octets = der.children(der.read(der.read(outer[1])[1])[1])
    body, algorithm, _, *rest = der.children(der.read(der.read(octets)[1])[1])
    stamps = re.findall(rb"\x18\x0f(\d{14}Z)", body)
    # producedAt, then thisUpdate and nextUpdate of the one answer that is good.
    assert len(stamps) == 3, stamps
    for old, new in zip(stamps, (this_update, this_update, next_update)):
        body = body.replace(b"\x18\x0f" + old, b"\x18\x10" + f"{new:%Y%m%d%H%M%SZ}".encode(), 1)
    body = body.replace(b"\x18\x10", b"\x18\x0f")
    signature = openssl("dgst", "-sha256", "-sign", by.key, stdin=body)
    basic = der.sequence(body, algorithm, der.bit_string(signature), *rest)
    return der.sequence(outer[0], der.tlv(0xA0, der.sequence(kind, der.tlv(0x04, basic))))
