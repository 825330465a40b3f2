"""RPC 1, 2 and 3 over a way of 125 MB/s: data by calls, behind an answered call, and before the answer. A service of the
library's own at the far end throws the data away.

RPC 1 is there to be compared with, and gets less to carry: it needs a round trip for every piece.
"""
import json
import os
import subprocess

from distance import LEAST, RATE, ROUND_TRIPS_MS
from results import Results, alternated

WAYS = {"rpc1": "RPC 1", "rpc2": "RPC 2", "rpc3": "RPC 3"}
FEW, LITTLE = 4 << 20, 16 << 10  # bytes for RPC 1, and for round trips to be counted by
MUCH = {0: 128 << 20, 1: 128 << 20, 10: 256 << 20, 100: 1 << 30}  # what grows by round trips needs a while


class Feeding:
    def __init__(self, how):
        self.how, self.name = how, WAYS[how]


def fed(bed, program, way, service, round_trip_ms, size):
    place = bed.folder / "far-rpc"
    place.unlink(missing_ok=True)
    proxy = bed.helper("proxy.py", f"unix:{place}", f"unix:{service}", round_trip_ms / 2, RATE)
    try:
        proxy.stdout.readline()
        client = bed.child([program, way.how, place, size], stdout=subprocess.PIPE, text=True)
        seconds = json.loads(bed.over(client))["seconds"]
        told = json.loads(proxy.stdout.readline())["up"]
    finally:
        bed.stop(proxy)
    return {"seconds": seconds, "mb_per_s": told["mb_per_s"], "steady_mb_per_s": told["steady_mb_per_s"]}


def run(bed, options):
    results = Results("RPC 1, 2 and 3 over a way of 125 MB/s",
                      [("mb_per_s", "MB/s", 1), ("steady_mb_per_s", "2nd half", 1), ("seconds", "seconds in all", 3)],
                      [("mb_per_s", "RPC 1, 2 and 3 over a way of 125 MB/s", "MB/s")])
    program = os.path.join(bed.programs, "bench_rpc")
    socket = bed.folder / "rpc"
    service = bed.child([program, "serve", socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if service.stdout.readline() != "listening\n":
            raise RuntimeError("the service did not start")
        for round_trip_ms in ROUND_TRIPS_MS:
            for number, way in alternated([Feeding(how) for how in WAYS], options.rounds):
                size = FEW if way.how == "rpc1" else MUCH[round_trip_ms]
                much = fed(bed, program, way, socket, round_trip_ms, size)
                one = fed(bed, program, way, socket, round_trip_ms, LITTLE)
                if number > 0:
                    results.add(f"{round_trip_ms} ms", way.name, **much)
                    results.add(f"{round_trip_ms} ms, 16 KiB", way.name, seconds=one["seconds"])
    finally:
        bed.stop(service)
    goals(results)
    return results


def goals(results):
    farthest = max(ROUND_TRIPS_MS)
    for name in ("RPC 2", "RPC 3"):
        rate = results.median(f"{farthest} ms", name, "mb_per_s")
        results.goal(f"{name} at {farthest} ms, part of what the way carries", rate and rate * 1e6 / RATE, least=LEAST)
    seconds = [results.median(f"{farthest} ms, 16 KiB", name, "seconds") for name in ("RPC 2", "RPC 3")]
    saved = None if None in seconds else (seconds[0] - seconds[1]) * 1e3 / farthest
    results.goal(f"round trips that RPC 3 saves at {farthest} ms", saved, least=0.95)
