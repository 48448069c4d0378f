#!/usr/bin/env python3
"""Each header of src/ compiles alone, and has #pragma once: check_self_contained.py BUILD_FOLDER (with compile_commands.json).

A header that its own .cpp includes before anything else is proven by the build; only the others are compiled here."""

import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import sources

_KEPT = ("-I", "-D", "-std=", "-isystem", "-W")


def flags_by_folder(build):
    """Folder of src/ to the flags of its first translation unit that matter for a syntax check."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    flags = {}
    for command in commands:
        path = os.path.relpath(command["file"], sources.ROOT)
        if not path.startswith("src" + os.sep):
            continue
        words = shlex.split(command["command"])
        kept = []
        for position, word in enumerate(words):
            if word == "-isystem":
                kept += [word, words[position + 1]]
            elif word.startswith(_KEPT) and word not in ("-isystem", "-Werror"):
                kept.append(word)
        flags.setdefault(path.split(os.sep)[1], kept)
    return flags


def is_proven_by_the_build(header, root=sources.ROOT):
    """Does the .cpp of the same name include the header first? `header` is relative to src/."""
    path = os.path.join("src", header[: -len(".hpp")] + ".cpp")
    if not os.path.exists(os.path.join(root, path)):
        return False
    text = sources.strip(sources.read(path, root), keep_strings=True)
    first = re.search(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text, re.MULTILINE)
    return first is not None and first.group(1) == header


def has_guard(text):
    """Is #pragma once the first thing in it?"""
    return sources.strip(text, keep_strings=True).lstrip().startswith("#pragma once")


def compile_alone(compiler, flags, header):
    """Problems of one header; `header` is relative to src/."""
    text = f'#include "{header}"\n'
    command = [compiler, "-x", "c++", "-fsyntax-only", *flags, "-Werror", "-Wno-unknown-warning-option", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.splitlines() if "error" in line), "does not compile")
    return [f"src/{header}:1: not self-contained: {first}"]


def check(build, root=sources.ROOT):
    compiler = shutil.which("clang++") or shutil.which("c++")
    flags = flags_by_folder(build)
    headers = [path[len("src/") :] for path in sources.files("src", [".hpp"], root)]
    headers = [header for header in headers if header.split("/")[0] in flags]
    if not headers:
        return [f"{build}: no header found"]
    problems = [f"src/{header}:1: no #pragma once" for header in headers if not has_guard(sources.read(f"src/{header}", root))]
    headers = [header for header in headers if not is_proven_by_the_build(header, root)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(lambda header: compile_alone(compiler, flags[header.split("/")[0]], header), headers)
        return problems + [problem for result in results for problem in result]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check_self_contained.py BUILD_FOLDER")
    sources.report(check(sys.argv[1]), "self-contained headers")
