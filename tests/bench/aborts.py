"""From the abort of a stream at full speed to the answer of the next call, alone and beside seven other downloads; and what
the daemon sends that its client no longer wants, counted by a proxy between them.

The ways are those of latency.py.
"""
import json
import subprocess

from distance import far_away
from results import Results, alternated

ALONE, BUSY = "abort of a download, alone", "abort beside 7 downloads"
EXCESS = "sent in vain"
COUNT, AFTER_MIB = 300, 128
MOST_MS = 2


def in_vain(bed, caller):
    """MiB that came to the client beyond what it took, in an aborted download; and its window before the abort."""
    with far_away(bed, caller.way, 0, 0) as (far, proxy):
        client = bed.child([*caller.line, far.uri, "down", "excess", AFTER_MIB], stdout=subprocess.PIPE, text=True)
        told = json.loads(bed.over(client))
        came = json.loads(proxy.stdout.readline())["down"]["bytes"]
    window = told.get("window")
    return {"excess_mib": (came - told["taken"]) / (1 << 20), "window_mib": window and window / (1 << 20)}


def run(bed, options):
    results = Results("From an abort to the answer of the next call",
                      [("p50_ms", "p50 ms", 2), ("p99_ms", "p99 ms", 2), ("max_ms", "worst ms", 2),
                       ("excess_mib", "MiB in vain", 2), ("window_mib", "window MiB", 2)],
                      [("p50_ms", "Abort to the next answer, p50", "ms"), ("p99_ms", "Abort to the next answer, p99", "ms")])
    for case, downloads in ((ALONE, 0), (BUSY, 7)):
        for number, caller in alternated(bed.callers, options.rounds):
            figures = json.loads(bed.over(bed.caller(caller, "down", "aborts", downloads, COUNT)))
            if number > 0:
                results.add(case, caller.name, **{f"{key}_ms": figures[f"{key}_us"] / 1e3 for key in ("p50", "p99", "max")})
    for number, caller in alternated(bed.callers, options.rounds):
        figures = in_vain(bed, caller)
        if number > 0:
            results.add(EXCESS, caller.name, **figures)
    results.goal(f"{EXCESS}, part of a window, sluice", results.ratio_of(EXCESS, "sluice", "excess_mib", "window_mib"), most=1)
    for case in (ALONE, BUSY):
        results.goal(f"{case}: p99 in ms, sluice", results.median(case, "sluice", "p99_ms"), most=MOST_MS)
    return results
