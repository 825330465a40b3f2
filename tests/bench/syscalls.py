"""System calls per MiB of a transfer, at either side, counted by strace: which makes everything slow, so no time is taken, and
the counts are of slowed programs."""
import os
import pathlib
import signal
import subprocess

from bed import LIMIT
from results import Results, alternated
from throughput import FILE, NULL, PIPE, UPLOAD, emptied

MOST = 16


def calls_of(summary):
    """The sum that strace -c writes in its last line: % time, seconds, usecs/call, calls, errors if there are any, total."""
    last = pathlib.Path(summary).read_text().strip().splitlines()[-1].split()
    if last[-1] != "total":
        raise RuntimeError(f"strace counted nothing: {last}")
    return int(last[3])


def traced(bed, way, line, **how):
    """Runs a client to its end: calls of its daemon and of it."""
    at_daemon, at_client = bed.folder / "strace.daemon", bed.folder / "strace.client"
    tracer = bed.child(["strace", "-f", "-c", "-o", at_daemon, "-p", way.pid], stderr=subprocess.PIPE, text=True)
    try:
        if "attached" not in (said := tracer.stderr.readline()):
            raise RuntimeError(f"strace cannot count the calls of {way.daemon}: {said.strip()}")
        client = bed.child(["strace", "-f", "-c", "-o", at_client, *line], stderr=subprocess.DEVNULL,
                           **{"stdout": subprocess.DEVNULL, **how})
        code = client.wait(LIMIT)
        bed.children.remove(client)
        if code != 0:
            raise RuntimeError(f"{' '.join(map(str, line))} ended with {code}")
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=LIMIT)
    finally:
        bed.stop(tracer)
    mib = bed.size / (1 << 20)
    return {"daemon_per_mib": calls_of(at_daemon) / mib, "client_per_mib": calls_of(at_client) / mib}


def transfer(bed, way, case):
    if case == UPLOAD:
        return traced(bed, way, way.upload("up", str(bed.source)))
    if case == NULL:
        return traced(bed, way, way.download("down", way.STDOUT))
    if case == FILE:
        return traced(bed, way, way.download("down", str(emptied(bed.target))))
    out, into = os.pipe()
    drain = bed.helper("pump.py", "drain", stdin=out)
    os.close(out)
    try:
        counts = traced(bed, way, way.download("down", way.STDOUT), stdout=into)
    finally:
        os.close(into)
    bed.over(drain)
    return counts


def run(bed, options):
    results = Results("System calls per MiB, counted while strace slows them",
                      [("daemon_per_mib", "daemon", 1), ("client_per_mib", "client", 1)],
                      [("daemon_per_mib", "System calls per MiB of the daemon", ""),
                       ("client_per_mib", "System calls per MiB of the client", "")])
    cases = (NULL, PIPE, FILE, UPLOAD)
    for case in cases:
        for _, way in alternated([way for way in (bed.sluice, bed.sluice_tcp, bed.virsh) if way], 0):
            results.add(case, way.name, **transfer(bed, way, case))
    bed.target.unlink(missing_ok=True)
    for case in cases:
        for name in ("sluice", "sluice tcp"):
            for side in ("daemon", "client"):
                results.goal(f"{case}, {name}: system calls per MiB of the {side}",
                             results.median(case, name, f"{side}_per_mib"), most=MOST)
    return results
