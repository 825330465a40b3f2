"""A thousand downloads of 1 MiB, open at once on one connection and not read, with the ways of latency.py; and ten thousand
that have no window, which only Sluice's protocol has: what it costs its daemon to have a stream open."""
import json
import subprocess
import threading

from bed import POOL
from measure import forget_peak, status
from results import Results, alternated

COUNT, IDLE_COUNT, LIMIT = 1000, 10_000, 120
CASE, IDLE = f"{COUNT} open downloads", f"{IDLE_COUNT} without a window"
IDLE_SECONDS, IDLE_KIB = 2, 4


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


def idle(bed):
    forget_peak(bed.sluice.pid)
    process = bed.helper("idle_streams.py", bed.socket, POOL, "small", bed.images / "small", IDLE_COUNT,
                         stdin=subprocess.PIPE)
    try:
        figures = opened(process, bed.sluice.pid, bed.idle["sluiced"])
        return figures | {"kib_each": figures["daemon_mib"] * 1024 / max(figures["opened"], 1)}
    finally:
        bed.stop(process)


def run(bed, options):
    results = Results("Many streams on one connection",
                      [("opened", "opened", 0), ("open_s", "in s", 2), ("call_us", "a call then, us", 0),
                       ("client_mib", "client grew", 1), ("daemon_mib", "daemon grew", 1), ("kib_each", "KiB each", 1)],
                      [("open_s", "Opening many streams", "s"), ("daemon_mib", "Growth of the daemon by them", "MiB")])
    bed.renew()
    for _ in range(options.rounds):
        results.add(IDLE, "sluiced", **idle(bed))
    for number, caller in alternated(bed.callers, options.rounds):
        figures = many(bed, caller)
        if number > 0:
            results.add(CASE, caller.name, **figures)
    last = results.runs[IDLE]["sluiced"][-1]
    results.notes += [f"{IDLE}: {what} was refused: {last[key]}" for key, what in
                      (("refused", "one more"), ("call_refused", "a call beside them")) if last.get(key)]
    came = results.median(IDLE, "sluiced", "opened")
    results.goal(f"streams open on one connection, of {IDLE_COUNT}", came, least=IDLE_COUNT)
    all_came = came is not None and came >= IDLE_COUNT
    seconds = results.median(IDLE, "sluiced", "open_s") if all_came else None
    results.goal(f"{IDLE}: seconds to open them", seconds, most=IDLE_SECONDS)
    results.goal(f"{IDLE}: KiB each in the daemon", results.most(IDLE, "sluiced", "kib_each"), most=IDLE_KIB)
    return results
