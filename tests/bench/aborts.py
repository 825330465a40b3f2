"""From the abort of a stream at full speed to the answer of the next call, alone and beside seven other downloads.

The ways are those of latency.py.
"""
import json

from results import Results, alternated

ALONE, BUSY = "abort of a download, alone", "abort beside 7 downloads"
COUNT = 300
MOST_MS = 2


def run(bed, options):
    results = Results("From an abort to the answer of the next call",
                      [("p50_ms", "p50 ms", 2), ("p99_ms", "p99 ms", 2), ("max_ms", "worst ms", 2)],
                      [("p50_ms", "Abort to the next answer, p50", "ms"), ("p99_ms", "Abort to the next answer, p99", "ms")])
    for case, downloads in ((ALONE, 0), (BUSY, 7)):
        for number, caller in alternated(bed.callers, options.rounds):
            figures = json.loads(bed.over(bed.caller(caller, "down", "aborts", downloads, COUNT)))
            if number > 0:
                results.add(case, caller.name, **{f"{key}_ms": figures[f"{key}_us"] / 1e3 for key in ("p50", "p99", "max")})
    for case in (ALONE, BUSY):
        results.goal(f"{case}: p99 in ms, sluice", results.median(case, "sluice", "p99_ms"), most=MOST_MS)
    return results
