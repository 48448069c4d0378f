"""The real daemon in a folder of its own: started, watched through its log, stopped."""

import contextlib
import glob
import json
import os
import re
import signal
import subprocess
import threading
import time

BINARY = os.environ.get("CERTBOUND_BINARY", "")
# Deadlines are multiplied by this: sanitizers are slow.
PATIENCE = float(os.environ.get("CERTBOUND_PATIENCE", "1"))

_CRASH = re.compile(
    r"(Address|Thread|Leak|UndefinedBehavior|Memory)Sanitizer|runtime error:|terminate called|Assertion .* failed|double free"
    r"|Segmentation fault|stack smashing"
)


class Log:
    """Reads the log of a process in a thread. Lines that are JSON objects are events."""

    def __init__(self, stream):
        self._stream = stream
        self._changed = threading.Condition()
        self._lines = []
        self._events = []
        self._ended = False
        self._open = threading.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for raw in self._stream:
            self._open.wait()
            line = raw.decode(errors="replace").rstrip("\n")
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            with self._changed:
                self._lines.append(line)
                if isinstance(event, dict) and "event" in event:
                    self._events.append(event)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def hold(self):
        """Stops reading: the pipe fills up, as on a blocked terminal."""
        self._open.clear()

    def go_on(self):
        self._open.set()

    def mark(self):
        """A place in the log, for `after`."""
        with self._changed:
            return len(self._events)

    def events(self, *names, after=0):
        with self._changed:
            return [event for event in self._events[after:] if not names or event["event"] in names]

    def text(self):
        with self._changed:
            return "\n".join(self._lines)

    def wait(self, *names, after=0, within=10.0, **fields):
        """The first event of one of these names with these fields; an error when the log ends or the time is up."""

        def find():
            for event in self._events[after:]:
                if event["event"] in names and all(event.get(name) == value for name, value in fields.items()):
                    return event
            return None

        with self._changed:
            self._changed.wait_for(lambda: find() or self._ended, timeout=within * PATIENCE)
            found = find()
        if found is None:
            raise AssertionError(f"no event {' or '.join(names)} {fields or ''} in the log:\n{self.tail()}")
        return found

    def wait_text(self, words, within=10.0):
        """Waits for a line with these words: it comes through a pipe, at times after the answer that it is about."""
        with self._changed:
            self._changed.wait_for(lambda: any(words in line for line in self._lines) or self._ended, timeout=within * PATIENCE)
            found = any(words in line for line in self._lines)
        if not found:
            raise AssertionError(f"no {words!r} in the log:\n{self.tail()}")

    def join(self):
        self.go_on()
        self._thread.join(timeout=10 * PATIENCE)

    def tail(self, lines=30):
        return "\n".join(self.text().splitlines()[-lines:])


class Daemon:
    """`certbound serve` with a configuration given as a dict (JSON is YAML) or as text."""

    def __init__(self, folder, config, *, environment=None, binary=BINARY, file_limit=None, restore_signals=True):
        if not binary:
            raise RuntimeError("CERTBOUND_BINARY names the program to test")
        self.folder = folder
        self.binary = binary
        self.environment = environment or {}
        self.file_limit = file_limit
        self.restore_signals = restore_signals
        self.config_path = os.path.join(folder, "certbound.yaml")
        self.state_dir = os.path.join(folder, "state")
        self.process = None
        self.log = None
        self.write_config(config)

    def write_config(self, config):
        self.config = config
        text = config if isinstance(config, str) else json.dumps(config, indent=2, ensure_ascii=False)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(text)

    def spawn(self):
        """Starts the process without waiting for it to get ready."""
        command = [self.binary, "serve", "--config", self.config_path]
        if self.file_limit:
            command = ["prlimit", f"--nofile={self.file_limit}", *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, **self.environment}, restore_signals=self.restore_signals,
        )  # fmt: skip
        self.log = Log(self.process.stderr)
        return self

    def start(self):
        self.spawn()
        try:
            self.log.wait("ready", within=15)
        except AssertionError:
            self.kill()
            raise
        return self

    def addresses(self, scheme):
        """(ip, port) of the listeners of that scheme but verifiers, in the order in which they came up, each once."""
        found = []
        for event in self.log.events("listening"):
            if event["listener"] == "verifier":
                continue
            ip, _, port = event["address"].rpartition(":")
            place = (ip.strip("[]"), int(port))
            if event["scheme"] == scheme and place not in found:
                found.append(place)
        return found

    @property
    def port(self):
        return self.addresses("https")[0][1]

    def port_at(self, ip):
        return next(port for address, port in self.addresses("https") if address == ip)

    @property
    def operations_port(self):
        return self.addresses("http")[0][1]

    def reload(self, config=None, expect="reloaded", within=10):
        """SIGHUP, and the event that says how it went."""
        if config is not None:
            self.write_config(config)
        mark = self.log.mark()
        self.process.send_signal(signal.SIGHUP)
        event = self.log.wait("reloaded", "reload_failed", after=mark, within=within)
        if event["event"] != expect:
            raise AssertionError(f"the reload ended as {event}, not {expect}")
        return event

    def wait_exit(self, within=10):
        try:
            status = self.process.wait(timeout=within * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the daemon did not end within {within} s:\n{self.log.tail()}") from None
        self.log.join()
        self.process.stderr.close()
        return status

    def stop(self, with_signal=signal.SIGTERM, within=10):
        """Ends the daemon and checks that it went well: status 0, nothing in the log that smells of a crash."""
        if self.process is None or self.process.poll() is not None and self.log is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        status = self.wait_exit(within)
        self.check_log()
        if status != 0:
            raise AssertionError(f"exit status {status}:\n{self.log.tail()}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        if self.process is not None:
            self.process.wait()
            self.log.join()
            self.process.stderr.close()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def check_log(self):
        match = _CRASH.search(self.log.text())
        if match:
            start = max(0, match.start() - 200)
            raise AssertionError("the log holds a crash:\n" + self.log.text()[start : match.start() + 4000])

    def audit_path(self):
        return os.path.join(self.state_dir, "audit.jsonl")

    def audit_lines(self, path=None):
        """All complete lines, the anchors and notes of the chain among them."""
        path = path or self.audit_path()
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1]]

    def audit_records(self):
        """All complete records of decisions. A token's record is there before its answer is."""
        return [record for record in self.audit_lines() if "record" not in record]

    def audit_files(self):
        """The log and what its rotation left, in the order of their names."""
        return sorted(path for path in glob.glob(self.audit_path() + "*") if not path.endswith(".head"))

    def audit_record(self, request_id):
        """The one record of that request."""
        found = [record for record in self.audit_records() if request_id in record.values()]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} audit records for request {request_id}")
        return found[0]

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

    def cpu_seconds(self):
        """What all its threads have used so far, in user and kernel mode."""
        total = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def open_paths(self):
        """What the descriptors are: a path, `socket:[…]`, `anon_inode:…`. Without those that are closed meanwhile."""
        folder = f"/proc/{self.process.pid}/fd"
        paths = []
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                paths.append(os.readlink(os.path.join(folder, name)))
        return sorted(paths)

    def descriptor_texts(self):
        """What the kernel says of each descriptor: among it a line for each watch of an inotify instance."""
        folder = f"/proc/{self.process.pid}/fdinfo"
        texts = []
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, name), encoding="ascii", errors="replace") as file:
                texts.append(file.read())
        return texts


def run(*arguments, stdin=None, environment=None, cwd=None, within=60):
    """A verb of the command line: exit status, standard output, standard error."""
    done = subprocess.run(
        [BINARY, *arguments], input=stdin, capture_output=True, text=True, check=False, cwd=cwd,
        env={**os.environ, **(environment or {})}, timeout=within * PATIENCE,
    )  # fmt: skip
    if _CRASH.search(done.stderr):
        raise AssertionError(f"certbound {' '.join(arguments)} crashed:\n{done.stderr[:4000]}")
    return done


def eventually(condition, within=10.0, what="the condition"):
    """Asks until it holds, and returns what it then gave: only for states that neither the log nor one answer tells."""
    deadline = time.monotonic() + within * PATIENCE
    while not (given := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come to hold within {within} s")
        time.sleep(0.02)
    return given
