"""What must not be written: long files, drawers without a name, promises for later, macros, tests that do not test."""
import re

from tree import Finding

LINES_MAX = 500
DRAWERS = r"util|helper|common|misc|manager"
TEXT = {".h", ".cpp", ".c", ".py", ".cmake", ".sh", ".txt", ""}

BANNED_IN_CODE = {
    r"^\s*#\s*define\b": "a macro of ours",
    r"\b(class|struct|namespace)\s+\w*(Util|Helper|Manager|Common|Misc)\w*": "a drawer without a name",
    r"\busing namespace std\s*;": "using namespace std",
}
BANNED_EVERYWHERE = {
    r"\b(TO" + r"DO|FIX" + r"ME|HACK)\b": "a promise for later",
}
BANNED_IN_TESTS = {
    r"\bDISABLED_": "a disabled test",
    r"\bGTEST_SKIP\b": "a test that skips itself",
    r"\bsleep_for\b|\busleep\s*\(|::sleep\s*\(": "sleeping instead of waiting for something",
}


def short(tree):
    for file in tree.files:
        if (file.is_code or file.suffix in TEXT) and file.name not in ("LICENSE",) and "/golden/" not in file.path \
                and "/corpus/" not in file.path and len(file.lines) > LINES_MAX:
            yield Finding(file.path, len(file.lines), f"{len(file.lines)} lines, more than {LINES_MAX}: two ideas in one file?")


def names(tree):
    for file in tree.files:
        if re.search(rf"(^|_|-)({DRAWERS})s?(_|-|$)", file.stem) or re.search(rf"(^|/)({DRAWERS})s?/", file.path):
            yield Finding(file.path, 1, "a drawer without a name: what is the idea?")


def words(tree):
    for file in tree.files:
        if file.is_code:
            for line, text in file.code():
                for pattern, what in BANNED_IN_CODE.items():
                    if re.search(pattern, text):
                        yield Finding(file.path, line, what)
        if file.path.startswith("tests/tidy/"):
            continue  # the rules name what they ban
        if file.is_code or file.suffix in TEXT:
            for line, text in enumerate(file.lines, 1):
                for pattern, what in BANNED_EVERYWHERE.items():
                    if re.search(pattern, text):
                        yield Finding(file.path, line, what)
        if file.is_code and file.is_test:
            loop = ""
            for line, text in file.code():
                for pattern, what in BANNED_IN_TESTS.items():
                    # Looking again and again at something outside, a guest's log say, is waiting for it.
                    if re.search(pattern, text) and not re.search(r"\bwhile \(", loop + text):
                        yield Finding(file.path, line, what)
                loop = text


def headers_guarded(tree):
    for file in tree.code():
        if file.suffix == ".h" and not any(line.strip() == "#pragma once" for line in file.lines):
            yield Finding(file.path, 1, "no #pragma once")


RULES = [short, names, words, headers_guarded]
