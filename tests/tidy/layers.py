"""Includes point downward only, and third parties stay in the rooms that named them (docs/architecture.md)."""
import re

from tree import Finding

# room: (rooms it may include beside those below them, third parties)
ROOMS = {
    "base": ((), ()),
    "xdr": (("base",), ()),
    "wire": (("xdr",), ()),
    "remote": (("xdr",), ()),
    "session": (("wire", "remote"), ()),
    "secure": (("base",), ("openssl", "sasl")),
    "qmp": (("base",), ("json",)),
    "model": (("base",), ("pugixml",)),
    "saved": (("base",), ("xxhash", "zstd")),
    "io": (("base",), ("asio", "spdlog")),
    "link": (("session", "secure", "io"), ("asio", "spdlog")),
    "driver": (("model", "saved", "io"), ("asio", "spdlog")),
    "qemu": (("driver", "qmp", "saved", "io"), ("asio", "spdlog", "json")),
    "storage": (("driver",), ("asio", "spdlog")),
    "service": (("link", "driver", "remote", "model"), ("asio", "spdlog")),
    "daemon": (("service",), ("asio", "spdlog", "sqlite", "cli11", "beast", "prometheus", "toml")),
    "client": (("service", "link", "remote", "model", "driver", "sluice"), ("asio", "spdlog", "ptree")),
    "cli": (("sluice",), ("cli11",)),
    "sluice": ((), ()),
}
PURE = ("base", "xdr", "wire", "remote", "session", "secure", "qmp", "model", "saved")
# What public headers may include: themselves, and the values that programs are declared with; installed with them.
PUBLIC = ("sluice/", "base/", "xdr/", "remote/proc.h")
# Only the daemon's main knows which hosts exist.
EXTRA = {"src/daemon/main.cpp": ("qemu", "storage")}

PARTIES = {
    r"boost/json(\.hpp|/)": "json",
    r"boost/(asio|system)(\.hpp|/)": "asio",
    r"boost/beast(\.hpp|/)": "beast",
    r"boost/property_tree/": "ptree",
    r"boost/": "other Boost",
    r"prometheus/": "prometheus",
    r"pugi": "pugixml",
    r"xxhash|xxh3": "xxhash",
    r"zstd": "zstd",
    r"liburing": "uring",
    r"(spdlog|fmt)/": "spdlog",
    r"sqlite3": "sqlite",
    r"toml\+\+/": "toml",
    r"CLI/": "cli11",
    r"openssl/": "openssl",
    r"sasl/": "sasl",
    r"g(test|mock)/": "test",
    r"fuzzer/": "test",
}

TIMELESS = {
    r"\basio\b": "names Asio",
    r"\bstd::j?thread\b|<thread>": "uses threads",
    r"_clock\s*::\s*now": "reads a clock",
    r"\bco_(await|yield|return)\b": "is a coroutine",
    r"<(sys/socket|unistd|fcntl|poll|sys/epoll)\.h>": "does I/O",
    r"<(iostream|mutex|future|condition_variable)>": "does I/O",
}
FOR_TESTS = ("uses threads", "does I/O")


def below(room):
    """The rooms that `room` may include: its own row, and what stands below those."""
    reached, waiting = set(), [room]
    while waiting:
        for lower in ROOMS[waiting.pop()][0]:
            if lower not in reached:
                reached.add(lower)
                waiting.append(lower)
    return reached


def party(include):
    return next((name for pattern, name in PARTIES.items() if re.match(pattern, include)), None)


def room_findings(file):
    allowed = below(file.room) | {file.room} | set(EXTRA.get(file.path, ()))
    if "sluice" in allowed and file.room == "cli":
        allowed = {"sluice", "cli"}
    parties = ROOMS[file.room][1] + (("test",) if file.is_test or file.stem.endswith("_contract") else ())
    for line, include in file.includes():
        target = include.split("/")[0] if "/" in include else None
        third = party(include)
        if third:
            if third not in parties:
                yield Finding(file.path, line, f"room {file.room} may not use {third} ({include})")
        elif target in ROOMS and target not in allowed:
            yield Finding(file.path, line, f"room {file.room} may not include room {target} ({include})")


def layers(tree):
    for file in tree.rooms():
        if file.room not in ROOMS:
            yield Finding(file.path, 1, f"room {file.room} has no row in tests/tidy/layers.py")
        else:
            yield from room_findings(file)
    for file in tree.code():
        if file.path.startswith("src/") and not file.room:
            yield Finding(file.path, 1, "rooms have no folders inside")


def pure(tree):
    """The rooms up to `saved` know neither Asio nor the clock nor threads."""
    for file in tree.rooms():
        if file.room not in PURE:
            continue
        for line, text in file.code():
            for pattern, what in TIMELESS.items():
                if re.search(pattern, text) and not (file.is_test and what in FOR_TESTS):
                    yield Finding(file.path, line, f"the pure room {file.room} {what}")


def public(tree):
    """The public API names no running half and no library; sluice/asio.h alone names Boost."""
    for file in tree.code():
        if not file.path.startswith("include/"):
            continue
        for line, include in file.includes():
            third = party(include)
            if third and not (file.name == "asio.h" and third == "asio"):
                yield Finding(file.path, line, f"a public header may not include {include}")
            elif "/" in include and include.split("/")[0] in ROOMS and not include.startswith(PUBLIC):
                yield Finding(file.path, line, f"a public header may not include room {include.split('/')[0]}")
        if file.name != "asio.h":
            for line, text in file.code():
                if re.search(r"\bboost\b", text) and not text.lstrip().startswith("#"):
                    yield Finding(file.path, line, "only sluice/asio.h names Boost")


def examples(tree):
    """An example is a user's program: it sees the public API, and stays short."""
    for file in tree.code():
        if not file.path.startswith("examples/"):
            continue
        for line, include in file.includes():
            if "/" in include and include.split("/")[0] in ROOMS and not include.startswith("sluice/"):
                yield Finding(file.path, line, f"an example may not include {include}")
        if len(file.lines) >= 100:
            yield Finding(file.path, len(file.lines), f"{len(file.lines)} lines; an example has fewer than 100")


RULES = [layers, pure, public, examples]
