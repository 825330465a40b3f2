"""A thousand downloads of 1 MiB, open at once on one connection and not read. The ways are those of latency.py."""
import json
import subprocess
import threading

from measure import forget_peak, status
from results import Results, alternated

COUNT, LIMIT = 1000, 120
CASE = f"{COUNT} open downloads"


def opened(bed, caller):
    forget_peak(caller.pid)
    process = bed.caller(caller, "small", "streams", COUNT, stdin=subprocess.PIPE)
    timer = threading.Timer(LIMIT, process.kill)
    timer.start()
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{caller.name}: the streams could not be opened within {LIMIT} s, or not so many")
        figures = json.loads(line) | {"daemon_mib": status(caller.pid, "VmHWM") - bed.idle[caller.daemon]}
        process.communicate(timeout=LIMIT)
        return figures
    finally:
        timer.cancel()
        bed.stop(process)


def run(bed, options):
    results = Results("Many streams on one connection",
                      [("open_s", "opened in s", 2), ("call_us", "a call then, us", 0), ("client_mib", "client grew", 1),
                       ("daemon_mib", "daemon grew", 1)],
                      [("open_s", f"Opening {COUNT} streams", "s"), ("daemon_mib", f"Growth of the daemon, {COUNT} streams", "MiB")])
    for number, caller in alternated(bed.callers, options.rounds):
        figures = opened(bed, caller)
        if number > 0:
            results.add(CASE, caller.name, **figures)
    return results
