"""What the run ran on, and how fast that was meanwhile."""

import os
import platform
import re
import subprocess


def first_line(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    return done.stdout.splitlines()[0] if done.stdout else ""


def cpu_model():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def signatures_per_second(processes):
    """ES256 signatures by `openssl speed`: on a shared machine two processes may do little more than one."""
    command = ["openssl", "speed", "-seconds", "1", "-multi", str(processes), "ecdsap256"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    fields = done.stdout.split()
    return float(fields[-2]) if len(fields) > 2 else 0.0


def describe():
    return {"cpu": cpu_model(), "cpus": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "openssl": first_line("openssl", "version"), "nginx": first_line("nginx", "-v")}


def calibrate():
    return {str(count): signatures_per_second(count) for count in (1, 2)}
