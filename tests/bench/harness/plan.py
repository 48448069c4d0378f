"""What one run measures, in order, and how much of it."""

import contextlib
import dataclasses
import functools
import statistics
import time

from . import sampling
from .checks import CheckServer
from .proofs import ProofServer
from .servers import Certbound, Nginx


@dataclasses.dataclass
class Extent:
    """How much is measured. `load` sizes a sample by its mode."""

    rounds: int
    keepalive: dict
    new: dict
    tokens: int
    idle_connections: int
    many_clients: int
    many_tokens: int
    starts: int
    tries: int  # of a sample that others disturb


FULL = Extent(rounds=3, keepalive={"duration": 3, "warmup": 3000}, new={"duration": 4, "warmup": 200}, tokens=100_000,
              idle_connections=1000, many_clients=100_000, many_tokens=8_000, starts=5,
              tries=sampling.TRIES)
QUICK = Extent(rounds=1, keepalive={"requests": 2000, "warmup": 200}, new={"requests": 150, "warmup": 20}, tokens=3000,
               idle_connections=100, many_clients=1000, many_tokens=200, starts=1, tries=1)

PARTS = ("main", "proofs", "checks", "idle", "start", "tokens", "clients")
MAIN_LOADS = (("keepalive", 1), ("keepalive", 16), ("keepalive", 256), ("new", 16))


class Run:
    def __init__(self, extent, paths, directory, pki):
        self.extent = extent
        self.paths = paths
        self.directory = directory
        self.pki = pki
        self.sampler = sampling.Sampler(paths["load"], extent.tries)
        self.numbered = 0

    def say(self, text):
        print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)

    def _folder(self, name):
        self.numbered += 1
        return self.directory / f"{self.numbered:02d}-{name}"

    def certbound(self, **options):
        return Certbound(self._folder("certbound"), self.pki, self.paths["certbound"], **options)

    def nginx(self, answer_size):
        return Nginx(self._folder("nginx"), self.pki, self.paths["nginx"], self.paths["nginx_template"], answer_size)

    @functools.cached_property
    def answer_size(self):
        """Octets of certbound's answer, which nginx's is as long as."""
        with self.certbound() as server:
            self.say(f"a token answer has {len(server.first_answer)} octets")
            return len(server.first_answer)

    def load(self, mode, connections):
        size = self.extent.keepalive if mode == "keepalive" else self.extent.new
        return {"mode": mode, "connections": connections, **size}

    def alternate(self, servers, loads):
        """A B A B: in each round each load on each server in turn. `servers`: name to server and request."""
        samples = {(name, *load): [] for name in servers for load in loads}
        for number in range(self.extent.rounds):
            for mode, connections in loads:
                for name, (server, request) in servers.items():
                    sample = self.sampler.take(server, self.load(mode, connections), request)
                    samples[name, mode, connections].append(sample)
                    self.say(f"round {number + 1}: {name} {mode} {connections}: "
                             f"{sample['server_cpu_us_per_request']:.1f} us CPU, {sample['requests_per_second']:.0f}/s, "
                             f"others {sample['others_cpu_share'] * 100:.1f} %")
        return [{"server": name, "mode": mode, "connections": connections, **sampling.summarize(taken)}
                for (name, mode, connections), taken in samples.items()]

    def measure_idle(self, *servers):
        """Of fresh servers: one that has had many connections has room for them already."""
        load = {"mode": "idle", "connections": self.extent.idle_connections}
        found = {}
        for server in servers:
            with server:
                found[server.name] = self.sampler.take_once(server, load)["kib_per_idle_connection"]
        return found

    def measure_half_rate(self, servers, main):
        """Latency with 256 connections on a schedule of half of what the server can do."""
        found = {}
        for name, server in servers.items():
            most = next(row["rps"] for row in main if row["server"] == name and row["connections"] == 256)
            load = {**self.load("keepalive", 256), "rate": round(most / 2)}
            found[name] = {"rate": load["rate"], **sampling.summarize([self.sampler.take(server, load)])}
        return found

    def measure_start(self):
        times = []
        for _ in range(self.extent.starts):
            with self.certbound() as server:
                times.append(server.first_answer_ms)
        return statistics.median(times)

    def measure_tokens(self):
        """Memory of a fresh server after so many tokens."""
        with self.certbound() as server:
            load = {"mode": "keepalive", "connections": 16, "requests": self.extent.tokens}
            sample = self.sampler.take_once(server, load)
            return {"tokens": self.extent.tokens, "rss_before_kib": sample["server_rss_before_kib"],
                    "rss_after_kib": sample["server_rss_after_kib"]}

    def measure_clients(self):
        """The same load with few and many registered clients: one in use, and all of them in turn."""
        many = self.extent.many_clients
        kinds = {
            "10 clients, one asks": {"count": 10, "method": "tls_client_auth"},
            f"{many} clients, one asks": {"count": many, "method": "tls_client_auth"},
            "10 clients, each in turn": {"count": 10, "method": "self_signed_tls_client_auth"},
            f"{many} clients, each in turn": {"count": many, "method": "self_signed_tls_client_auth"},
        }
        with contextlib.ExitStack() as stack:
            running, starts = {}, {}
            for label, options in kinds.items():
                server = stack.enter_context(self.certbound(**options))
                running[label] = (server, server.token_request(options["method"] != "tls_client_auth"))
                starts[label] = server.first_answer_ms
                self.say(f"{label}: started in {server.first_answer_ms:.0f} ms")
            rows = self.alternate(running, [("keepalive", 16)])
        return [{**row, "start_ms": starts[row["server"]]} for row in rows]

    def measure_proofs(self):
        """Tokens by the ways to prove oneself, in turn."""
        with self.nginx(self.answer_size) as nginx, ProofServer(self._folder("proofs"), self.pki, self.paths["certbound"]) as server:
            running = {"nginx": (nginx, None)} | {label: (server, request) for label, request in server.requests().items()}
            rows = self.alternate(running, [("keepalive", 16)])
        return {"proofs": rows}

    def measure_checks(self):
        """Introspections and decisions of verifiers, in turn with a token and with nginx."""
        server = CheckServer(self._folder("checks"), self.pki, self.paths["certbound"])
        with self.nginx(self.answer_size) as nginx, server:
            count = self.extent.many_tokens
            server.write_tokens(count)
            for request in server.requests_of_many().values():
                # Every worker has seen nearly every token then, so that what is measured are tokens that are known.
                self.sampler.take_once(server, {"mode": "keepalive", "connections": 16, "requests": 6 * count}, request)
            running = {"nginx": (nginx, None)}
            running |= {label: (server, request) for label, request in server.requests(count).items()}
            return {"checks": self.alternate(running, [("keepalive", 16)])}

    def measure_main(self):
        results = {}
        with self.certbound() as certbound:
            with self.nginx(self.answer_size) as nginx:
                both = {"nginx": nginx, "certbound": certbound}
                results["answer_bytes"] = self.answer_size
                results["main"] = self.alternate({name: (server, None) for name, server in both.items()}, MAIN_LOADS)
                results["half_rate"] = self.measure_half_rate(both, results["main"])
        return results

    def measure(self, parts):
        """`parts`: some of PARTS. Each has figures of its own, so that any of them may be left out."""
        ways = {
            "main": self.measure_main,
            "proofs": self.measure_proofs,
            "checks": self.measure_checks,
            "idle": lambda: {"idle_kib": self.measure_idle(self.nginx(self.answer_size), self.certbound())},
            "start": lambda: {"start_ms": self.measure_start()},
            "tokens": lambda: {"memory": self.measure_tokens()},
            "clients": lambda: {"clients": self.measure_clients()},
        }
        results = {}
        for part in PARTS:
            if part in parts:
                results |= ways[part]()
        results["discarded_samples"] = self.sampler.discarded
        return results

    def measure_baseline_only(self):
        with self.nginx(800) as nginx:
            results = {"main": self.alternate({"nginx": (nginx, None)}, MAIN_LOADS)}
            results["half_rate"] = self.measure_half_rate({"nginx": nginx}, results["main"])
        results["idle_kib"] = self.measure_idle(self.nginx(800))
        results["discarded_samples"] = self.sampler.discarded
        return results
