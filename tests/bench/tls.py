"""The same volumes over TLS, beside libvirt over TLS and beside OpenSSL alone with the same cipher, records and files; how many
handshakes a second a daemon answers; and what a small call takes while a download fills the connection."""
import json
import pathlib
import socket
import ssl
import statistics
import time

from bed import Caller, touch_memory
from results import Results, alternated
from throughput import FILE, NULL, UPLOAD, check_same, emptied, figures, transfer, wipe

PAIR = "OpenSSL pair"
HANDSHAKES, CALLS = "handshakes", "1 download, same connection"
MANY = 200  # handshakes, for each figure
SECONDS = 2  # of calls
LEAST, P50_US, P99_US = 0.8, 500, 2000


def pair(bed, case):
    """The sender is the daemon of a download and the client of an upload: to OpenSSL it is the same."""
    target = {NULL: "/dev/null", FILE: bed.target, UPLOAD: bed.images / "up"}[case]
    program = f"{bed.programs}/bench_tls_pair"
    if case == FILE:
        emptied(bed.target)
    receiver = bed.child([program, "receive", bed.pki, target], stdout=-1, text=True)
    sender = bed.child([program, "send", bed.pki, bed.source, receiver.stdout.readline().strip()], stdout=-1, text=True)
    sent, received = json.loads(bed.over(sender)), json.loads(bed.over(receiver))
    if case != NULL:
        check_same(bed, target)
    return figures(bed.size, received["seconds"], sent["cpu"] + received["cpu"])


def shake(pki, port):
    """Connections one after the other, each up to the daemon's byte of welcome."""
    context = ssl.create_default_context(cafile=f"{pki}/cacert.pem")
    context.load_cert_chain(f"{pki}/clientcert.pem", f"{pki}/clientkey.pem")
    took = []
    for _ in range(MANY):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain, server_hostname="localhost") as secured:
            if secured.recv(1) != b"\1":
                raise RuntimeError("the daemon does not say welcome")
        took.append(time.monotonic() - began)
    return {"per_s": MANY / sum(took), "p50_us": statistics.median(took) * 1e6}


def throughput(bed, options, ways, results):
    emptied(bed.target)
    for case in (NULL, FILE, UPLOAD):
        for number, way in alternated([*ways, PAIR], options.rounds):
            if case == UPLOAD:
                wipe(bed.images / "up", bed.size)
            elif case == FILE:
                touch_memory(bed.size * 5 // 4)
            name = way if way == PAIR else way.name
            run = pair(bed, case) if way == PAIR else transfer(bed, way, case)
            if number > 0:
                results.add(case, name, gb_per_s=run["gb_per_s"], cpu_s_per_gb=run["cpu_s_per_gb"])
        results.goal(f"{case} over TLS, sluice / {PAIR}", results.ratio(case, "gb_per_s", "sluice tls", PAIR), least=LEAST)
    bed.target.unlink()


def latency(bed, options, ways, results):
    far = {way.daemon: way for way in ways}
    for number, near in alternated(bed.callers, options.rounds):
        caller = Caller(near.name, near.line, far[near.daemon])
        told = json.loads(bed.over(bed.caller(caller, "down", "calls", 1, SECONDS)))
        if number > 0:
            results.add(CALLS, caller.name, p50_us=told["p50_us"], p99_us=told["p99_us"], gb_per_s=told["gb_per_s"])
    for key, most in (("p50_us", P50_US), ("p99_us", P99_US)):
        results.goal(f"{CALLS} over TLS: {key[:3]} in us, sluice", results.median(CALLS, "sluice", key), most=most)


def run(bed, options):
    results = Results("Over TLS",
                      [("gb_per_s", "GB/s", 2), ("cpu_s_per_gb", "CPU s/GB", 2), ("per_s", "per s", 0), ("p50_us", "p50 us", 0),
                       ("p99_us", "p99 us", 0)],
                      [("gb_per_s", "Throughput of volumes over TLS", "GB/s"), ("cpu_s_per_gb", "CPU of client and daemon", "s/GB")])
    if not pathlib.Path(bed.programs, "bench_tls_pair").exists():
        raise RuntimeError("the build has no bench_tls_pair")
    ways = [way for way in (bed.sluice_tls, bed.virsh_tls) if way]
    throughput(bed, options, ways, results)
    for number, way in alternated(ways, options.rounds):
        shaken = shake(way.pki, way.port)
        if number > 0:
            results.add(HANDSHAKES, way.name, **shaken)
    latency(bed, options, ways, results)
    return results
