"""A client of either daemon, on libvirt's own binding, in a process of its own. Prints one line of JSON.

    caller.py URI VOLUME calls DOWNLOADS SECONDS      how long small calls take beside so many downloads on the connection
    caller.py URI VOLUME load DOWNLOADS               says "ready", and downloads until its standard input ends
    caller.py URI VOLUME aborts DOWNLOADS COUNT       from an abort to the answer of the next call
    caller.py URI VOLUME streams COUNT                so many open at once: seconds to open them, a call then, memory
    caller.py URI VOLUME stuck SECONDS NUMBER         uploads to volume "slowNUMBER" of pool "slow"; after a line of input calls
                                                      beside that, and beside a download, as `calls`
    caller.py URI DOMAIN console SECONDS              calls beside a console that is sent more than anybody takes
    caller.py URI VOLUME excess MIB                   a download that is aborted after so many: bytes taken
"""
import json
import os
import sys
import threading
import time

import libvirt

from measure import status

PAUSE = 0.002  # between two calls: their own load is not what is looked at
AT_SPEED = 64 << 20  # bytes of each download, until they count
BIG = 1 << 20


class Downloads:
    """So many of the same volume, each begun again when it is over."""

    def __init__(self, host, volume, count):
        self.host, self.volume, self.over, self.bytes = host, volume, False, [0] * count
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()
        while sum(self.bytes) < count * AT_SPEED and all(thread.is_alive() for thread in self.threads):
            time.sleep(0.01)

    def _run(self, number):
        while not self.over:
            stream = self.host.newStream()
            self.volume.download(stream, 0, 0)
            while not self.over and (data := stream.recv(BIG)):
                self.bytes[number] += len(data)
            if self.over:
                stream.abort()
            else:
                stream.finish()

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join(30)


def percentiles(seconds):
    ordered = sorted(seconds)
    return {"count": len(ordered), "p50_us": ordered[len(ordered) // 2] * 1e6,
            "p99_us": ordered[(len(ordered) * 99 + 99) // 100 - 1] * 1e6, "max_us": ordered[-1] * 1e6}


def a_call(host):
    began = time.perf_counter()
    host.getLibVersion()
    return time.perf_counter() - began


def calls(host, volume, downloads, seconds):
    load = Downloads(host, volume, downloads)
    before, began, took = sum(load.bytes), time.monotonic(), []
    while (now := time.monotonic()) - began < seconds:
        took.append(a_call(host))
        time.sleep(PAUSE)
    moved = sum(load.bytes) - before
    load.stop()
    return percentiles(took) | {"gb_per_s": moved / (now - began) / 1e9}


def aborts(host, volume, downloads, count):
    load, took = Downloads(host, volume, downloads), []
    for _ in range(count):
        stream = host.newStream()
        volume.download(stream, 0, 0)
        for _ in range(8):
            stream.recv(BIG)
        began = time.perf_counter()
        stream.abort()
        host.getLibVersion()
        took.append(time.perf_counter() - began)
    load.stop()
    return percentiles(took)


def stuck(host, volume, seconds, number):
    slow = host.storagePoolLookupByName("slow").storageVolLookupByName(f"slow{number}")

    def upload():
        stream = host.newStream()
        slow.upload(stream, 0, 0)
        while stream.send(bytes(BIG)) > 0:
            continue

    threading.Thread(target=upload, daemon=True).start()
    sys.stdin.readline()
    print(json.dumps(calls(host, volume, 1, seconds)), flush=True)
    os._exit(0)  # the upload would go on for ever


def console(host, name, seconds):
    """Calls begin when no more input is taken, or the stream has failed."""
    stream, sent, ended = host.newStream(), 0, threading.Event()
    deadline = time.monotonic() + 5
    while True:  # the one before may have gone a moment ago only; and libvirtd 9.0.0 does not survive being forced
        try:
            host.lookupByName(name).openConsole(None, stream, 0)
            break
        except libvirt.libvirtError:
            if time.monotonic() > deadline:
                raise
            stream = host.newStream()
            time.sleep(0.05)

    def type_on():
        nonlocal sent
        try:
            while (count := stream.send(bytes(64 << 10))) > 0:
                sent += count
        except libvirt.libvirtError:
            ended.set()

    threading.Thread(target=type_on, daemon=True).start()
    before = -1
    while before != sent and not ended.wait(0.2):
        before = sent
    took, began = [], time.monotonic()
    while time.monotonic() - began < seconds:
        took.append(a_call(host))
        time.sleep(PAUSE)
    print(json.dumps(percentiles(took)), flush=True)
    os._exit(0)


def excess(host, volume, mib):
    stream, taken = host.newStream(), 0
    volume.download(stream, 0, 0)
    while taken < mib * BIG:
        taken += len(stream.recv(BIG))
    stream.abort()
    a_call(host)
    return {"taken": taken}


def streams(host, volume, count):
    before, began, opened = status("self", "VmRSS"), time.monotonic(), []
    for _ in range(count):
        stream = host.newStream()
        volume.download(stream, 0, 0)
        opened.append(stream)
    seconds = time.monotonic() - began
    call = sorted(a_call(host) for _ in range(21))[10]
    grown = status("self", "VmRSS") - before
    print(json.dumps({"open_s": seconds, "call_us": call * 1e6, "client_mib": grown}), flush=True)
    sys.stdin.read()  # the daemon is looked at meanwhile
    for stream in opened:
        stream.abort()


DOES = {"calls": calls, "aborts": aborts, "streams": streams, "stuck": stuck, "excess": excess}


def main():
    uri, name, what, *numbers = sys.argv[1:]
    numbers = [int(number) for number in numbers]
    libvirt.registerErrorHandler(lambda *_: None, None)
    host = libvirt.open(uri)
    if what == "console":
        console(host, name, *numbers)
    volume = host.storagePoolLookupByName("bench").storageVolLookupByName(name)
    if what == "load":
        load = Downloads(host, volume, *numbers)
        print("ready", flush=True)
        sys.stdin.read()
        load.stop()
    elif figures := DOES[what](host, volume, *numbers):
        print(json.dumps(figures), flush=True)
    host.close()


main()
