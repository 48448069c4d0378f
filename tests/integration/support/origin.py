"""A partner's web server, whose answers the test changes, well-behaved or not."""

import http.server
import socket
import ssl
import threading

LARGE = 100 << 20


class Origin:
    """Serves paths over HTTPS (with `credential`) or HTTP on 127.0.0.1. `answers` maps a path to what handles its request."""

    def __init__(self, credential=None, port=0):
        self.credential = credential
        self.answers = {}
        self.asked = []  # (path, If-None-Match) of each request
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._server = None
        self.port = port
        self.start()

    def start(self):
        """Listens, on the port of the first time."""
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                if origin.credential:
                    self.request = origin._context().wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
                try:
                    if origin.credential:
                        self.request.do_handshake()
                except OSError:
                    self.request.close()
                    raise
                super().setup()

            def finish(self):
                try:
                    super().finish()
                finally:
                    self.request.close()

            def do_GET(self):  # noqa: N802
                with origin._changed:
                    origin.asked.append((self.path, self.headers.get("If-None-Match")))
                    answer = origin.answers.get(self.path, status(404))
                    origin._changed.notify_all()
                answer(self, origin._ending)
                self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that hangs up, which here is the daemon's right

        self._ending.clear()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.credential.certificate, self.credential.key)
        return context

    def stop(self):
        """Connections are refused from now on."""
        self._ending.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, path, host="127.0.0.1"):
        return f"{'https' if self.credential else 'http'}://{host}:{self.port}{path}"

    def count(self, path):
        with self._changed:
            return sum(1 for asked, _ in self.asked if asked == path)

    def wait_asked(self, path, count, within=10.0):
        with self._changed:
            done = self._changed.wait_for(lambda: sum(1 for asked, _ in self.asked if asked == path) >= count, timeout=within)
        if not done:
            raise AssertionError(f"{path} was asked for {self.count(path)} times, not {count}")


def serve(body, content_type="application/json", etag=None, max_age=None):
    """200 with this content, or 304 where the client has it."""

    def answer(handler, _ending):
        if etag and handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.end_headers()
            return
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        if etag:
            handler.send_header("ETag", etag)
        if max_age is not None:
            handler.send_header("Cache-Control", f"max-age={max_age}")
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def status(code, **headers):
    def answer(handler, _ending):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def held(release, answer):
    """The answer, as soon as the event `release` is set."""

    def wait_and_answer(handler, ending):
        while not release.wait(0.02):
            if ending.is_set():
                return
        answer(handler, ending)

    return wait_and_answer


def hang(_handler, ending):
    """Takes the request and says nothing."""
    ending.wait(60)


def drip(handler, ending):
    """A header, octet by octet, that never ends."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not ending.wait(0.2):
            handler.wfile.write(b"a")
            handler.wfile.flush()
    except OSError:
        return  # the other side had enough


def flood(content_type):
    """A hundred megabytes, without a length to see it by."""

    def answer(handler, ending):
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        try:
            for _ in range(LARGE // 0x10000):
                if ending.is_set():
                    return
                handler.wfile.write(chunk)
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            return

    return answer


def free_port():
    """A port on which nobody listens now."""
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        return plain.getsockname()[1]
