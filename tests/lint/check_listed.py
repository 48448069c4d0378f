#!/usr/bin/env python3
"""Sources are listed, not globbed: every .cpp of src/ and every unit test stands in a CMakeLists.txt, and what stands there exists."""

import os
import re

import sources

_SOURCE = re.compile(r"(?<![\w./${}-])[\w./-]+\.cpp(?![\w.])")


def _lists_above(path, root):
    """The CMakeLists.txt of the file's folder and of those above it, up to src/ or tests/."""
    folder = os.path.dirname(path)
    while folder:
        candidate = os.path.join(folder, "CMakeLists.txt")
        if os.path.exists(os.path.join(root, candidate)):
            yield folder, candidate
        folder = os.path.dirname(folder)


def listed(folder, text):
    """Paths relative to the root that a CMakeLists.txt in `folder` names."""
    text = re.sub(r"#[^\n]*", "", text)
    return {os.path.normpath(os.path.join(folder, name)) for name in _SOURCE.findall(text) if not name.startswith("/")}


def check(root=sources.ROOT):
    problems = []
    candidates = sources.files("src", [".cpp"], root) + sources.files("tests/unit", [".cpp"], root)
    for path in candidates:
        lists = list(_lists_above(path, root))
        if not any(path in listed(folder, sources.read(name, root)) for folder, name in lists):
            problems.append(f"{path}:1: in no CMakeLists.txt")
    for name in sources.files("src", ["CMakeLists.txt"], root) + sources.files("tests/unit", ["CMakeLists.txt"], root):
        for path in sorted(listed(os.path.dirname(name), sources.read(name, root))):
            if not os.path.exists(os.path.join(root, path)):
                problems.append(f"{name}:1: {path} does not exist")
    return problems


if __name__ == "__main__":
    sources.report(check(), "listed sources")
