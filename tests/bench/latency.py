"""How long a small call takes while volumes are downloaded.

`sluiced` and `libvirtd` are those daemons with libvirt's own client library, `sluice` is sluiced with ours.
"""
import contextlib
import json
import subprocess

from results import Results, alternated

SECONDS = 2  # of calls, for each figure
IDLE, ONE, EIGHT = "idle", "1 download, same connection", "8 downloads, same connection"
ONE_OTHER, EIGHT_OTHER = "1 download, other connection", "8 downloads, other connection"
CASES = [(IDLE, 0, 0), (ONE, 1, 0), (EIGHT, 8, 0), (ONE_OTHER, 0, 1), (EIGHT_OTHER, 0, 8)]
CAPNP_US = {"p50_us": 127, "p99_us": 298}  # Cap'n Proto's on a unix socket beside one download, measured apart


@contextlib.contextmanager
def load(bed, caller, downloads):
    """Downloads on a connection of another process."""
    if not downloads:
        yield
        return
    process = bed.caller(caller, "down", "load", downloads, stdin=subprocess.PIPE)
    try:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the downloads did not begin")
        yield
    finally:
        bed.stop(process)


def goals(results):
    for key, most in CAPNP_US.items():
        results.goal(f"{ONE}: {key[:3]} in us, sluice", results.median(ONE, "sluice", key), most=most)
    for name in ("sluice", "sluiced"):
        for key in CAPNP_US:
            results.goal(f"{EIGHT}: {key[:3]}, {name} / libvirtd", results.ratio(EIGHT, key, name, "libvirtd"), most=0.25)


def run(bed, options):
    results = Results("Latency of a small call",
                      [("p50_us", "p50 us", 0), ("p99_us", "p99 us", 0), ("max_us", "worst us", 0), ("gb_per_s", "GB/s", 2)],
                      [("p50_us", "Latency of a small call, p50", "us"), ("p99_us", "Latency of a small call, p99", "us")])
    for case, same, other in CASES:
        for number, caller in alternated(bed.callers, options.rounds):
            with load(bed, caller, other):
                figures = json.loads(bed.over(bed.caller(caller, "down", "calls", same, SECONDS)))
            if not same:
                figures.pop("gb_per_s")
            if number > 0:
                results.add(case, caller.name, **figures)
    goals(results)
    return results
