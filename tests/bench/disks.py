"""What an upload to a slow disk does to others: to a client's small calls, to a second upload to a healthy disk, and to what
else goes over its own connection. The disk is that of tests/slow-disk, the same for both daemons.

The ways are those of latency.py; the slow upload is one of `sluice`, or of `virsh` where libvirt's client library is measured.
"""
import json
import subprocess
import time

from bed import Unanswered, Virsh
from results import Results, alternated

POOL, VOLUMES = "slow", 8
SECONDS = 3  # of calls, for each figure
DISKS = {"disk of 1 MB/s": ("none", "--write-rate 1000000"),
         "the same behind the page cache": ("writes", "--write-rate 1000000"),
         "writes of 50 ms": ("none", "--delay 50")}
HEALTHY = "--write-rate 0 --delay 0"
BEGUN = 1 << 20  # bytes on the slow disk, from which on the upload counts as waiting for it
SAME, SECOND = "same connection", "a second upload"
LIMIT = 120
PATIENCE = 30  # seconds: who has no answer, or is not done, until then is counted with them


class SlowDisk:
    def __init__(self, bed, cache):
        self.bed, self.behind, self.place = bed, bed.folder / "behind", bed.folder / "slow"
        for folder in (self.behind, self.place):
            folder.mkdir(exist_ok=True)
        self.number = 0
        for number in range(VOLUMES):
            with open(self.behind / f"slow{number}", "wb") as file:
                file.truncate(bed.size)
        self.process = bed.child([f"{bed.programs}/slow-disk", "--cache", cache, self.behind, self.place],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline().startswith("mounted"):
            raise RuntimeError("the slow disk cannot be mounted")

    def set(self, faults):
        self.process.stdin.write(faults + "\n")
        self.process.stdin.flush()
        if (answer := self.process.stdout.readline().strip()) != "ok":
            raise RuntimeError(f"the slow disk: {answer}")

    @property
    def volume(self):
        return self.behind / f"slow{self.number}"

    def next_volume(self):
        """Another one, for daemons need a moment to be done with an upload whose client is gone. Its size stays, which the
        kernel knows."""
        self.number = (self.number + 1) % VOLUMES
        subprocess.run(["fallocate", "--punch-hole", "--length", str(self.bed.size), self.volume], check=True)

    def until_begun(self, process):
        deadline = time.monotonic() + LIMIT
        while self.volume.stat().st_blocks * 512 < BEGUN:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the upload to the slow disk does not go on")
            time.sleep(0.02)

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=LIMIT)
        self.bed.children.remove(self.process)


def measured(bed, disk, faults, uploader, measure):
    """What `measure` gives while an upload waits for the disk."""
    disk.next_volume()
    disk.set(faults)
    upload = bed.child(uploader.upload(disk.volume.name, str(bed.source), POOL), stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    try:
        disk.until_begun(upload)
        figures = measure()
        if upload.poll() is not None:
            raise RuntimeError("the upload to the slow disk ended early")
        return figures
    finally:
        bed.stop(upload)
        disk.set(HEALTHY)  # or the daemon would hang in what it has taken


def rate(bed, way):
    try:
        seconds = bed.client(way, way.upload("up", str(bed.source)), limit=PATIENCE)["seconds"]
    except Unanswered:
        seconds = PATIENCE
    return {"gb_per_s": bed.size / seconds / 1e9}


def same_connection(bed, disk, faults, caller):
    """The client itself uploads, downloads from a healthy disk, and calls."""
    disk.next_volume()
    disk.set(faults)
    process = bed.caller(caller, "down", "stuck", SECONDS, disk.number, stdin=subprocess.PIPE)
    try:
        disk.until_begun(process)
        return json.loads(process.communicate("go\n", timeout=PATIENCE)[0].strip().rpartition("\n")[2])
    except subprocess.TimeoutExpired:
        return {"p50_us": None, "p99_us": PATIENCE * 1e6, "max_us": PATIENCE * 1e6}  # not one answer
    finally:
        bed.stop(process)
        disk.set(HEALTHY)


def remove_pool(way):
    """When the daemon is done with the uploads whose clients are gone."""
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            return way.remove_pool(POOL)
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def milliseconds(figures):
    known = {f"{key}_ms": figures[f"{key}_us"] and figures[f"{key}_us"] / 1e3 for key in ("p50", "p99", "max")}
    return known | {"gb_per_s": figures.get("gb_per_s") or None}


def run(bed, options):
    results = Results("Beside an upload to a slow disk",
                      [("p50_ms", "p50 ms", 2), ("p99_ms", "p99 ms", 2), ("max_ms", "worst ms", 2), ("gb_per_s", "GB/s", 2)],
                      [("p99_ms", "A call beside an upload to a slow disk, p99", "ms"),
                       ("gb_per_s", "A transfer with a healthy disk beside it", "GB/s")])
    uploaders = {caller.name: bed.sluice if caller.name == "sluice" else Virsh(caller.uri, caller.pid) for caller in bed.callers}
    for kind, (cache, faults) in DISKS.items():
        disk = SlowDisk(bed, cache)
        for way in bed.ways():
            way.add_pool(bed.pool_of(POOL, disk.place), POOL)
        # Behind the page cache a libvirtd may not answer for a minute.
        rounds = options.rounds if cache == "none" else 1
        try:
            for number, caller in alternated(bed.callers, rounds):
                uploader = uploaders[caller.name]
                calls = measured(bed, disk, faults, uploader, lambda: json.loads(
                    bed.over(bed.caller(caller, "down", "calls", 0, SECONDS))))
                if number > 0:
                    results.add(f"{kind}, another client", caller.name, **milliseconds(calls) | {"gb_per_s": None})
                if cache == "none" and (own := same_connection(bed, disk, faults, caller)) and number > 0:
                    results.add(f"{kind}, {SAME}", caller.name, **milliseconds(own))
            for number, way in alternated(bed.ways(), rounds):
                alone, beside = rate(bed, way), measured(bed, disk, faults, way, lambda: rate(bed, way))
                if number > 0:
                    results.add(f"{SECOND}, alone", way.name, **alone)
                    results.add(f"{SECOND}, {kind}", way.name, **beside)
        finally:
            disk.set(HEALTHY)
            for way in bed.ways():
                remove_pool(way)
            disk.end()
    goals(results)
    return results


def goals(results):
    for kind, (cache, _) in DISKS.items():
        results.goal(f"{kind}, another client: p99 in ms, sluice", results.median(f"{kind}, another client", "sluice", "p99_ms"),
                     most=5)
        if cache == "none":
            results.goal(f"{kind}, {SAME}: p99 in ms, sluice", results.median(f"{kind}, {SAME}", "sluice", "p99_ms"), most=5)
        rates = [results.median(case, "sluice", "gb_per_s") for case in (f"{SECOND}, {kind}", f"{SECOND}, alone")]
        results.goal(f"{SECOND} beside a {kind}, part of its rate alone, sluice", None if None in rates else rates[0] / rates[1],
                     least=0.9)
