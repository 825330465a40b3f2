"""A thousand downloads of 1 MiB, open at once on one connection and not read on, with the ways of latency.py; and a thousand
and ten thousand that nobody reads at all, which have no credit then: only Sluice's protocol has such. What it costs either
end to have a stream open."""
import json
import os
import subprocess
import threading

from bed import POOL
from measure import forget_peak, status
from results import Results, alternated

COUNT, IDLE_COUNTS, LIMIT = 1000, (1000, 10_000), 120
CASE = f"{COUNT} open downloads"
IDLE_SECONDS, IDLE_KIB = 2, 4  # of the largest number, and each on either side


def opened(process, pid, daemon_idle):
    """What a client said when all were open, and its daemon's size then."""
    timer = threading.Timer(LIMIT, process.kill)
    timer.start()
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the streams could not be opened within {LIMIT} s, or not so many")
        figures = json.loads(line) | {"daemon_mib": status(pid, "VmHWM") - daemon_idle}
        process.communicate(timeout=LIMIT)
        return figures
    finally:
        timer.cancel()


def many(bed, caller):
    forget_peak(caller.pid)
    process = bed.caller(caller, "small", "streams", COUNT, stdin=subprocess.PIPE)
    try:
        return {"opened": COUNT} | opened(process, caller.pid, bed.idle[caller.daemon])
    finally:
        bed.stop(process)


def idle(bed, count):
    """Of a daemon that had none before: what those who have gone leave is used again."""
    bed.renew()
    forget_peak(bed.sluice.pid)
    program = os.path.join(bed.programs, "idle_client")
    process = bed.child([program, bed.sluice.uri, f"{POOL}/small", count], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
    try:
        figures = opened(process, bed.sluice.pid, bed.idle[bed.sluice.daemon])
        client_bytes = figures.pop("client_bytes")
        return figures | {"client_mib": client_bytes / (1 << 20), "client_kib_each": client_bytes / 1024 / count,
                          "daemon_kib_each": figures["daemon_mib"] * 1024 / count}
    finally:
        bed.stop(process)


def run(bed, options):
    results = Results("Many streams on one connection",
                      [("opened", "opened", 0), ("open_s", "in s", 2), ("call_us", "a call then, us", 0),
                       ("client_mib", "client grew", 1), ("daemon_mib", "daemon grew", 1),
                       ("client_kib_each", "KiB each, client", 1), ("daemon_kib_each", "KiB each, daemon", 1)],
                      [("open_s", "Opening many streams", "s"), ("daemon_mib", "Growth of the daemon by them", "MiB")])
    for _ in range(options.rounds):
        for count in IDLE_COUNTS:
            results.add(f"{count} idle", "sluiced", **idle(bed, count))
    bed.renew()
    for number, caller in alternated(bed.callers, options.rounds):
        figures = many(bed, caller)
        if number > 0:
            results.add(CASE, caller.name, **figures)
    most = f"{max(IDLE_COUNTS)} idle"
    results.goal(f"{most}: seconds to open them", results.median(most, "sluiced", "open_s"), most=IDLE_SECONDS)
    for count in IDLE_COUNTS:
        for end in ("client", "daemon"):
            results.goal(f"{count} idle: KiB each in the {end}",
                         results.most(f"{count} idle", "sluiced", f"{end}_kib_each"), most=IDLE_KIB)
    return results
