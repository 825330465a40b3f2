"""A call on a connection whose console input the guest never takes: the machine is paused, so no terminal is read. With the
ways of latency.py. A client that got no answer within the limit is counted with the limit."""
import json
import subprocess

from results import Results, alternated

NAME, LIMIT_S, SECONDS = "bench-console", 10, 2
CASE = "a console that takes no input"
XML = f"""<domain type='qemu'><name>{NAME}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><serial type='pty'/><memballoon model='none'/></devices></domain>"""


def call(bed, caller):
    process = bed.child([*caller.line, caller.uri, NAME, "console", SECONDS], stdout=subprocess.PIPE, text=True)
    try:
        figures = json.loads(process.communicate(timeout=LIMIT_S + SECONDS)[0].strip().rpartition("\n")[2])
        return {"answered": figures["count"]} | {f"{key}_ms": figures[f"{key}_us"] / 1e3 for key in ("p50", "p99", "max")}
    except subprocess.TimeoutExpired:
        return {"answered": 0} | {f"{key}_ms": LIMIT_S * 1e3 for key in ("p50", "p99", "max")}
    finally:
        bed.stop(process)


def run(bed, options):
    results = Results("Beside console input that the guest never takes",
                      [("answered", "calls answered", 0), ("p50_ms", "p50 ms", 2), ("p99_ms", "p99 ms", 2),
                       ("max_ms", "worst ms", 2)], [("p99_ms", "A call beside a console that takes no input, p99", "ms")])
    xml = bed.folder / "console.xml"
    xml.write_text(XML)
    started = []
    try:
        for way in bed.ways():
            way.run_paused(xml, NAME)
            started.append(way)
        for number, caller in alternated(bed.callers, options.rounds):
            figures = call(bed, caller)
            if number > 0:
                results.add(CASE, caller.name, **figures)
    finally:
        for way in started:
            way.ask("destroy", NAME)
            way.ask("undefine", NAME)
    for name in ("sluice", "sluiced"):
        results.goal(f"{CASE}: p99 in ms, {name}", results.median(CASE, name, "p99_ms"), most=5)
    return results
