"""A parser is born with its fuzz target, a table with its drawing."""
import re

from tree import Finding

# Rooms that parse what strangers send; each must have a fuzz target as soon as it has a source.
PARSING_ROOMS = ("xdr", "wire", "session", "remote", "qmp", "model", "saved")
PARSES = re.compile(r"\b(feed|receive|parse\w*|decode\w*)\s*\([^)]*\b(Bytes|string_view|span)\b")


def fuzzed(tree):
    """Every header of a pure room that takes bytes or text from outside is included by a fuzz target of its room."""
    for room in PARSING_ROOMS:
        files = [file for file in tree.rooms() if file.room == room]
        fuzzers = [file for file in files if file.stem.endswith("_fuzz")]
        if any(file.suffix == ".cpp" and not file.is_test for file in files) and not fuzzers:
            yield Finding(f"src/{room}", 1, f"room {room} parses and has no fuzz target")
        included = {include for fuzzer in fuzzers for _, include in fuzzer.includes()}
        for file in files:
            if file.suffix != ".h" or f"{room}/{file.name}" in included:
                continue
            for line, text in file.code():
                if PARSES.search(text):
                    yield Finding(file.path, line, f"a parser without a fuzz target: no src/{room}/*_fuzz.cpp includes it")
                    break


def drawn(tree):
    """Every table of states is known to the program that draws them; tests/states compares the drawings."""
    program = tree.find("tests/states/main.cpp")
    included = {include for _, include in program.includes()} if program else set()
    for file in tree.rooms():
        if file.is_test or file.path == "src/base/state_table.h":
            continue
        for line, text in file.code():
            if re.search(r"\bRow\s*\{", text) and file.suffix == ".h" and f"{file.room}/{file.name}" not in included:
                yield Finding(file.path, line, "a table of states that tests/states/main.cpp does not draw")
                break
            if re.search(r"\bRow\s*\{", text) and file.suffix == ".cpp":
                yield Finding(file.path, line, "a table of states belongs in a header, where tests/states can draw it")
                break


RULES = [fuzzed, drawn]
