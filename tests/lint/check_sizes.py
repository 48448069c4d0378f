#!/usr/bin/env python3
"""Sizes: a file of src/ has at most 400 lines, a function at most 60."""

import scopes
import sources

FILE_LINES = 400
FUNCTION_LINES = 60


def check_text(name, original):
    problems = []
    lines = original.count("\n")
    if lines > FILE_LINES:
        problems.append(f"{name}:1: {lines} lines; at most {FILE_LINES}")
    text = sources.strip(original)
    for scope in scopes.parse(text):
        if scope.kind != "function":
            continue
        first, last = sources.line_of(text, scope.start), sources.line_of(text, scope.end)
        if last - first + 1 > FUNCTION_LINES:
            problems.append(
                f"{name}:{first}: {scopes.function_name(scope)} has {last - first + 1} lines; at most {FUNCTION_LINES}"
            )
    return problems


def check(root=sources.ROOT):
    return sources.check_each(check_text, ["src"], root)


if __name__ == "__main__":
    sources.report(check(), "sizes")
