"""What the checks share: the tree, and C++ text without its comments and literals."""

import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SKIPPED_FOLDERS = {".git", "build", "__pycache__", ".cache", ".vscode", ".idea"}


def files(folder, suffixes, root=ROOT):
    """Paths relative to root, sorted, of the files below `folder` that end in one of `suffixes`."""
    found = []
    for path, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        found += [os.path.relpath(os.path.join(path, name), root) for name in names if name.endswith(tuple(suffixes))]
    return sorted(found)


def read(path, root=ROOT):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def check_each(check_text, folders, root=ROOT):
    """What check_text(name, text) finds in the C++ files of the folders."""
    problems = []
    for folder in folders:
        for path in files(folder, [".hpp", ".cpp"], root):
            problems += check_text(path, read(path, root))
    return problems


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


_TOKENS = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | (?:u8|u|U|L)?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"
      | (?:u8|u|U|L)?"(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Za-z_])(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+'
    """,
    re.DOTALL | re.VERBOSE,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def strip(text, keep_strings=False):
    """`text` with comments, literals and preprocessor lines blanked; offsets and line numbers stay."""

    def replace(match):
        token = match.group(0)
        if token.startswith("/"):
            return _blank(token)
        if keep_strings:
            return token
        quote = '"' if '"' in token else "'"
        first = token.index(quote)
        return " " * first + quote + _blank(token[first + 1 : -1]) + quote

    text = _TOKENS.sub(replace, text)
    if keep_strings:
        return text
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: _blank(match.group(0)), text, flags=re.MULTILINE)


def matching(text, start):
    """The offset of the bracket that closes the one at `start`, or the end of the text."""
    closing = {"(": ")", "[": "]", "{": "}"}
    stack = []
    for offset in range(start, len(text)):
        character = text[offset]
        if character in closing:
            stack.append(closing[character])
        elif stack and character == stack[-1]:
            stack.pop()
            if not stack:
                return offset
    return len(text)


def previous_token(text, offset):
    """The word or the single character before `offset`."""
    match = re.search(r"([A-Za-z_0-9]+|\S)\s*\Z", text[max(0, offset - 400) : offset])
    return match.group(1) if match else ""


def report(problems, what):
    """Prints the problems, one line each, and ends the check: 1 where there is one."""
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{what}: {len(problems)} problem(s)", file=sys.stderr)
        sys.exit(1)
    print(f"{what}: ok")
