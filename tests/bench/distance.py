"""Volumes over a long way: a proxy of 125 MB/s that lets every byte arrive half a round trip later, in both directions.

sluice goes over TCP, virsh over a unix socket: its daemon serves TCP only where it is set up to. Neither sees more of the
other end than the proxy lets through.
"""
import contextlib
import json

from results import Results, alternated

RATE, LEAST = 125_000_000, 0.9
NEAR, FAR = 256 << 20, 1 << 30  # bytes: what grows by round trips needs a while where they are long
ROUND_TRIPS_MS = {0: NEAR, 1: NEAR, 10: NEAR, 100: FAR}


@contextlib.contextmanager
def far_away(bed, way, round_trip_ms, rate=RATE):
    """A way through a proxy, and the proxy."""
    if way is bed.sluice_tcp:
        listen, target = "tcp", f"tcp:{bed.port}"
    else:
        place = bed.folder / "far"
        place.unlink(missing_ok=True)
        listen, target = f"unix:{place}", f"unix:{bed.libvirtd_socket if way is bed.virsh else bed.socket}"
    proxy = bed.helper("proxy.py", listen, target, round_trip_ms / 2, rate)
    try:
        kind, _, where = proxy.stdout.readline().strip().partition(":")
        uri = f"qemu+tcp://127.0.0.1:{where}/system" if kind == "tcp" else f"qemu+unix:///system?socket={where}"
        yield way.at(uri), proxy
    finally:
        bed.stop(proxy)


def transfer(bed, way, round_trip_ms, direction, size):
    with far_away(bed, way, round_trip_ms) as (far, proxy):
        line = ([*far.download("down", far.STDOUT), "--length", str(size)] if direction == "down" else
                far.upload("up", str(bed.source if size == bed.size else bed.folder / "part")))
        seconds = bed.client(far, line)["seconds"]
        told = json.loads(proxy.stdout.readline())[direction]
    if told["bytes"] < size:
        raise RuntimeError(f"only {told['bytes']} bytes went through the proxy")
    return {"seconds": seconds, "mb_per_s": told["mb_per_s"], "steady_mb_per_s": told["steady_mb_per_s"]}


def run(bed, options):
    results = Results("Over a way of 125 MB/s",
                      [("mb_per_s", "stream MB/s", 1), ("steady_mb_per_s", "2nd half", 1), ("seconds", "seconds in all", 2)],
                      [("mb_per_s", "A stream over a way of 125 MB/s", "MB/s")])
    with open(bed.source, "rb") as whole, open(bed.folder / "part", "wb") as part:
        part.write(whole.read(NEAR))
    for direction in ("down", "up"):
        for round_trip_ms, size in ROUND_TRIPS_MS.items():
            size = min(size, bed.size)
            for number, way in alternated([way for way in (bed.sluice_tcp, bed.virsh) if way], options.rounds):
                figures = transfer(bed, way, round_trip_ms, direction, size)
                if number > 0:
                    results.add(f"{direction}load, {round_trip_ms} ms", way.name, **figures)
    (bed.folder / "part").unlink()
    farthest = max(ROUND_TRIPS_MS)
    for direction in ("down", "up"):
        rate = results.median(f"{direction}load, {farthest} ms", "sluice tcp", "mb_per_s")
        results.goal(f"{direction}load at {farthest} ms, part of what the way carries", rate and rate * 1e6 / RATE,
                     least=LEAST)
    return results
