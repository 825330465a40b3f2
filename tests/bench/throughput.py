"""Volumes down and up: GB/s, and CPU seconds per GB of client and daemon together, beside pumps that do nothing else and
beside nbdcopy with nbdkit."""
import json
import os
import time

from bed import touch_memory
from results import Results, alternated

NULL, PIPE, FILE, UPLOAD = "download to /dev/null", "download to a pipe", "download to a file", "upload"
PUMPS = {"pump": ("copy", "unix"), "splice pump": ("splice", "unix"), "tcp pump": ("copy", "tcp")}
TARGETS = {NULL: lambda bed: "/dev/null", FILE: lambda bed: emptied(bed.target), UPLOAD: lambda bed: bed.images / "up"}
NBDCOPY = {"nbdcopy, 1 connection": 1, "nbdcopy, 4 connections": 4}  # with nbdkit: the best peer, without a daemon's duties
SAMPLES = 64  # places where a copy is compared with what was sent; a look at all of it would warm or cool what comes next


def figures(size, seconds, cpu):
    return {"gb_per_s": size / seconds / 1e9, "cpu_s_per_gb": cpu / size * 1e9, "seconds": seconds}


def emptied(path):
    path.write_bytes(b"")
    return path


def check_same(bed, path):
    if os.path.getsize(path) != bed.size:
        raise RuntimeError(f"{path} has {os.path.getsize(path)} bytes instead of {bed.size}")
    with open(path, "rb") as copy, open(bed.source, "rb") as source:
        for number in range(SAMPLES):
            for file in (copy, source):
                file.seek((bed.size - 4096) * number // (SAMPLES - 1))
            if copy.read(4096) != source.read(4096):
                raise RuntimeError(f"{path} differs from what was sent near {copy.tell()}")


def transfer(bed, way, case):
    if case == UPLOAD:
        run = bed.client(way, way.upload("up", str(bed.source)))
        check_same(bed, bed.images / "up")
    elif case == NULL:
        run = bed.client(way, way.download("down", way.STDOUT))
    elif case == FILE:
        run = bed.client(way, way.download("down", str(bed.target)))
        check_same(bed, bed.target)
    else:
        out, into = os.pipe()
        drain = bed.helper("pump.py", "drain", stdin=out)
        os.close(out)
        try:
            run = bed.client(way, way.download("down", way.STDOUT), stdout=into)
        finally:
            os.close(into)
        if (came := int(bed.over(drain))) != bed.size:
            raise RuntimeError(f"{came} bytes came through the pipe instead of {bed.size}")
    return figures(bed.size, run["seconds"], run["cpu"])


def pump(bed, how, place, target):
    where = bed.folder / "pump"
    where.unlink(missing_ok=True)
    receiver = bed.helper("pump.py", "receive", how, "tcp" if place == "tcp" else f"unix:{where}", target)
    sender = bed.helper("pump.py", "send", how, receiver.stdout.readline().strip(), bed.source)
    sent, received = json.loads(bed.over(sender)), json.loads(bed.over(receiver))
    return figures(bed.size, received["seconds"], sent["cpu"] + received["cpu"])


def nbdcopy(bed, connections, case):
    """The same files, served by nbdkit."""
    place = bed.folder / "nbd"
    place.unlink(missing_ok=True)
    server = bed.child(["nbdkit", "--foreground", "--exit-with-parent", "--unix", place, "file",
                        bed.images / ("up" if case == UPLOAD else "down")])
    try:
        until_listening(place, server)
        far = f"nbd+unix:///?socket={place}"
        line = {NULL: [far, "null:"], FILE: [far, bed.target], UPLOAD: [bed.source, far]}[case]
        peer = Peer(server.pid)
        run = bed.client(peer, ["nbdcopy", f"--connections={connections}", *map(str, line)])
    finally:
        bed.stop(server)
    if case != NULL:
        check_same(bed, bed.images / "up" if case == UPLOAD else bed.target)
    return figures(bed.size, run["seconds"], run["cpu"])


class Peer:
    daemon = "nbdkit"

    def __init__(self, pid):
        self.pid = pid


def until_listening(place, server):
    deadline = time.monotonic() + 30
    while not place.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("nbdkit does not start")
        time.sleep(0.02)


def wipe(path, size):
    """Other bytes in the same pages, so that a transfer that did nothing cannot look like one that did."""
    with open(path, "r+b") as file:
        for number in range(SAMPLES):
            file.seek((size - 4096) * number // (SAMPLES - 1))
            file.write(bytes(4096))


def goals(results):
    for case, least in ((NULL, 3), (PIPE, 3), (FILE, 2.2), (UPLOAD, 2.2)):
        results.goal(f"{case}, sluice / virsh", results.ratio(case, "gb_per_s", "sluice", "virsh"), least=least)
    for case in (NULL, PIPE, FILE, UPLOAD):
        results.goal(f"{case}, CPU s/GB, sluice / virsh", results.ratio(case, "cpu_s_per_gb", "sluice", "virsh"), most=0.5)
    for case in (NULL, FILE, UPLOAD):
        results.goal(f"{case}, sluice / nbdcopy with 4 connections",
                     results.ratio(case, "gb_per_s", "sluice", "nbdcopy, 4 connections"), least=1)
    results.goal(f"{UPLOAD}, sluice / bare pump", results.ratio(UPLOAD, "gb_per_s", "sluice", "pump"), least=0.8)
    for case in (NULL, FILE, UPLOAD):
        results.goal(f"{case} over TCP, sluice / bare pump", results.ratio(case, "gb_per_s", "sluice tcp", "tcp pump"),
                     least=0.8)


def run(bed, options):
    results = Results("Throughput of volumes", [("gb_per_s", "GB/s", 2), ("cpu_s_per_gb", "CPU s/GB", 2)],
                      [("gb_per_s", "Throughput of volumes", "GB/s"), ("cpu_s_per_gb", "CPU of client and daemon", "s/GB")])
    ways = [way for way in (bed.sluice, bed.sluice_tcp, bed.virsh) if way]
    emptied(bed.target)
    for case in (NULL, PIPE, FILE, UPLOAD):
        for number, way in alternated([*ways, *([] if case == PIPE else [*PUMPS, *NBDCOPY])], options.rounds):
            if case == UPLOAD:
                wipe(bed.images / "up", bed.size)
            elif case == FILE:
                # Clients make the file anew, so the pumps must, too: all find memory that was touched a moment ago.
                touch_memory(bed.size * 5 // 4)
            if way in PUMPS:
                run_figures, name = pump(bed, *PUMPS[way], TARGETS[case](bed)), way
            elif way in NBDCOPY:
                run_figures, name = nbdcopy(bed, NBDCOPY[way], case), way
            else:
                run_figures, name = transfer(bed, way, case), way.name
            if number > 0:
                results.add(case, name, **run_figures)
    bed.target.unlink()
    goals(results)
    return results
