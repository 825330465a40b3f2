"""What clients and daemons grow to when a download is read slowly, or no longer: the reader of a pipe is this process."""
import os
import subprocess
import time

from measure import forget_peak, status
from results import Results, alternated

SLOW, STOPPED, MANY = "reader at 20 MB/s", "stopped reader", "100 stopped readers"
RATE, SECONDS, CHUNK = 20e6, 6, 1 << 18
CLIENT_MIB, DAEMON_MIB = 32, 64


def read_at(out, rate, seconds):
    began, came = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        if came > rate * now:
            time.sleep((came - rate * now) / rate)
            continue
        data = os.read(out, CHUNK)
        if not data:
            raise RuntimeError("the download ended early: the volume is too small for this part")
        came += len(data)


def downloads(bed, way, count, rate):
    """So many clients at once: their peaks until the time is over."""
    forget_peak(way.pid)
    clients, outs = [], []
    try:
        for _ in range(count):
            out, into = os.pipe()
            outs.append(out)
            clients.append(bed.child(way.download("down", way.STDOUT), stdout=into, stderr=subprocess.DEVNULL))
            os.close(into)
        if rate:
            read_at(outs[0], rate, SECONDS)
        else:
            for out in outs:
                os.read(out, 1)  # it has begun
            time.sleep(SECONDS)
        if any(client.poll() is not None for client in clients):
            raise RuntimeError("a client ended early")
        return {"client_mib": max(status(client.pid, "VmHWM") for client in clients),
                "daemon_mib": status(way.pid, "VmHWM") - bed.idle[way.daemon]}
    finally:
        for client in clients:
            bed.stop(client)
        for out in outs:
            os.close(out)


def goals(results):
    for case in (SLOW, STOPPED, MANY):
        results.goal(f"{case}: MiB of the client", results.most(case, "sluice", "client_mib"), most=CLIENT_MIB)
    results.goal(f"{MANY}: MiB that the daemon grew", results.most(MANY, "sluice", "daemon_mib"), most=DAEMON_MIB)


def run(bed, options):
    results = Results("Memory while a download is read slowly",
                      [("client_mib", "client MiB", 1), ("daemon_mib", "daemon grew", 1)],
                      [("client_mib", "Peak size of the client", "MiB"), ("daemon_mib", "Growth of the daemon", "MiB")])
    bed.renew()
    # A hundred of libvirt's clients would take all memory of the machine.
    for case, ways, count, rate in ((SLOW, bed.ways(), 1, RATE), (STOPPED, bed.ways(), 1, 0), (MANY, [bed.sluice], 100, 0)):
        for _, way in alternated(ways, options.rounds - 1):  # growth is what a first time shows, so none is left out
            results.add(case, way.name, **downloads(bed, way, count, rate))
    goals(results)
    return results
