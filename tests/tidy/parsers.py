"""A parser is born with its fuzz target, a table with its drawing."""
import re

from tree import Finding

# Rooms that parse what strangers send; each must have a fuzz target as soon as it has a source.
PARSING_ROOMS = ("xdr", "wire", "session", "remote", "secure", "qmp", "model", "saved")
PARSES = re.compile(r"\b(feed|receive|parse\w*|decode\w*)\s*\([^)]*\b(Bytes|string_view|span)\b")


def reached(room, files, starts):
    """Headers that the fuzz targets reach: what they include, and what those and their sources include."""
    known = {f"{room}/{file.name}": file for file in files}
    found, waiting = set(), [include for start in starts for _, include in start.includes()]
    while waiting:
        include = waiting.pop()
        if include in found or include not in known:
            continue
        found.add(include)
        source = known.get(include.removesuffix(".h") + ".cpp")
        for file in filter(None, (known[include], source)):
            waiting += [further for _, further in file.includes()]
    return found


def fuzzed(tree):
    """Every header of a pure room that takes bytes or text from outside is reached by a fuzz target of its room."""
    for room in PARSING_ROOMS:
        files = [file for file in tree.rooms() if file.room == room]
        fuzzers = [file for file in files if file.stem.endswith("_fuzz")]
        if any(file.suffix == ".cpp" and not file.is_test for file in files) and not fuzzers:
            yield Finding(f"src/{room}", 1, f"room {room} parses and has no fuzz target")
        known = reached(room, files, fuzzers)
        for file in files:
            if file.suffix != ".h" or f"{room}/{file.name}" in known:
                continue
            for line, text in file.code():
                if PARSES.search(text):
                    yield Finding(file.path, line, f"a parser without a fuzz target: no src/{room}/*_fuzz.cpp reaches it")
                    break


def drawn(tree):
    """Every table of states is known to the program that draws them; that program compares the drawings."""
    program = tree.find("tests/states/main.cpp")
    included = {include for _, include in program.includes()} if program else set()
    for file in tree.rooms():
        tables = [line for line, include in file.includes() if include == "base/state_table.h"]
        if not tables or file.is_test:
            continue
        if file.suffix == ".cpp":
            yield Finding(file.path, tables[0], "a table of states belongs in a header, where tests/states can draw it")
        elif f"{file.room}/{file.name}" not in included:
            yield Finding(file.path, tables[0], "a table of states that tests/states/main.cpp does not draw")


RULES = [fuzzed, drawn]
