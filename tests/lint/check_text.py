#!/usr/bin/env python3
"""Plain rules for every text file: no note of unfinished work, no path of one machine, no tab, no carriage return."""

import os
import re

import sources

_UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
_MACHINE = re.compile(r"(?<![\w.])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me"]) + r")/[\w.]")
_TEXT_SUFFIXES = (
    ".cpp", ".hpp", ".cmake", ".txt", ".py", ".md", ".yaml", ".yml", ".json", ".sql", ".service", ".in",
    ".clang-format", ".clang-tidy", ".editorconfig", "run", "Dockerfile",
)  # fmt: skip
# Foreign data is as it came.
_SKIPPED = ("tests/fixtures/", "tests/fuzz/corpus/")


def check_text(name, text):
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{name}:{number}"
        if _UNFINISHED.search(line):
            problems.append(f"{where}: unfinished work; finish it or write an issue")
        if _MACHINE.search(line):
            problems.append(f"{where}: a path of one machine")
        if "\t" in line:
            problems.append(f"{where}: tab")
        if "\r" in line:
            problems.append(f"{where}: carriage return")
    return problems


def check(root=sources.ROOT):
    problems = []
    for path in sources.files(".", _TEXT_SUFFIXES, root) + sources.files("scripts", [""], root):
        if path.startswith(_SKIPPED) or os.path.islink(os.path.join(root, path)):
            continue
        problems += check_text(path, sources.read(path, root))
    return sorted(set(problems))


if __name__ == "__main__":
    sources.report(check(), "text")
