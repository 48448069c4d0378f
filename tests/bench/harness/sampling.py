"""Runs certbound_load, and again where others used the machine meanwhile."""

import json
import statistics
import subprocess

OTHERS_LIMIT = 0.10
TRIES = 5


class Failed(RuntimeError):
    """An answer was not what it must be: no figure of this run counts."""


class Sampler:
    def __init__(self, program, tries=TRIES):
        self.program = program
        self.tries = tries
        self.discarded = 0

    def take_once(self, server, load, request=None):
        """`load`: how much; `request`: the generator's options that say what is asked of whom, a token where it is left out."""
        command = [self.program, *(request or server.token_request()), "--server-pid", str(server.process.pid), "--json",
                   "--max-seconds", "90"]
        for option, value in load.items():
            command += [f"--{option}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=150)
        if done.returncode not in (0, 1):
            raise Failed(f"{server.name}: {done.stderr.strip()}")
        sample = json.loads(done.stdout)
        if done.returncode == 1:
            raise Failed(f"{server.name} {load}: {sample['failures']} failures: {json.dumps(sample['errors'])}\n"
                         f"{server.log_tail()}")
        return sample

    def take(self, server, load, request=None):
        """A sample during which others had at most a tenth of the machine, or the quietest of several, marked noisy."""
        best = None
        for _ in range(self.tries):
            sample = self.take_once(server, load, request)
            if best is None or sample["others_cpu_share"] < best["others_cpu_share"]:
                best = sample
            if best["others_cpu_share"] <= OTHERS_LIMIT:
                break
            self.discarded += 1 if self.tries > 1 else 0
        best["noisy"] = best["others_cpu_share"] > OTHERS_LIMIT
        return best


FIGURES = {
    "cpu_us": lambda sample: sample["server_cpu_us_per_request"],
    "own_cpu_us": lambda sample: sample["own_cpu_us_per_request"],
    "own_share": lambda sample: sample["own_cpu_share"],
    "others_share": lambda sample: sample["others_cpu_share"],
    "rps": lambda sample: sample["requests_per_second"],
    "p50_us": lambda sample: sample["latency_us"]["p50"],
    "p99_us": lambda sample: sample["latency_us"]["p99"],
    "p99_9_us": lambda sample: sample["latency_us"]["p99_9"],
    "rss_kib": lambda sample: sample["server_rss_after_kib"],
}


def summarize(samples):
    """The median of each figure over the rounds, and the least CPU time, which noise can only add to."""
    summary = {name: statistics.median(map(read, samples)) for name, read in FIGURES.items()}
    summary["cpu_us_best"] = min(sample["server_cpu_us_per_request"] for sample in samples)
    summary["noisy_rounds"] = sum(sample["noisy"] for sample in samples)
    summary["rounds"] = len(samples)
    return summary
