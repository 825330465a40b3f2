#!/usr/bin/python3
"""A QEMU without a machine, which misbehaves as the file `mode` beside it says:

fails               ends at once, with a reason
mute                never says a word
nonsense, endless   greets with what is no JSON, with a line that never ends
mute-on:COMMAND     stops answering when it gets that command; so do
garbage-on, other-id-on, die-on
half-save, failed-save, stalled-save, unsure-save       sends half of its state and dies, says so, waits; sends all and
                                                        never says that it did
die-restore, stalled-restore, unsure-restore            likewise with the state it is given
deaf                does not end when it is asked to
"""
import array
import json
import os
import select
import signal
import socket
import sys
import threading

STATE = bytes(range(256)) * 4096  # 1 MiB
MODE = open(os.path.join(os.path.dirname(os.path.realpath(sys.argv[0])), "mode")).read().strip()


def say(text):
    sys.stderr.write("qemu-system-fake: " + text + "\n")
    sys.stderr.flush()


def die(text):
    say(text)
    os._exit(3)


def option(name):
    return [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == name]


def mute():
    say("muted")
    signal.pause()
    os._exit(4)


class Monitor:
    def __init__(self, peer):
        self.peer = peer
        self.held = b""
        self.descriptors = {}
        self.status = "inmigrate" if option("-incoming") else "prelaunch"
        self.migration = "none"
        self.lock = threading.Lock()

    def send(self, value):
        with self.lock:
            self.peer.sendall(json.dumps(value).encode() + b"\n")

    def event(self, name, **data):
        self.send({"event": name, "data": data, "timestamp": {"seconds": 1, "microseconds": 2}})

    def migrated(self, status):
        self.migration = status
        self.event("MIGRATION", status=status)

    def lines(self):
        while True:
            data, ancillary, _, _ = self.peer.recvmsg(65536, socket.CMSG_SPACE(4))
            if not data:
                return
            for _, _, sent in ancillary:
                self.passed = array.array("i", sent)[0]
            self.held += data
            while b"\n" in self.held:
                line, self.held = self.held.split(b"\n", 1)
                yield json.loads(line)

    def misbehave(self, command):
        what, _, on = MODE.partition(":")
        if on != command["execute"] or option("-machine")[0].startswith("none"):
            return
        if what == "mute-on":
            mute()
        if what == "garbage-on":
            self.peer.sendall(b"}{ not json\n")
        if what == "other-id-on":
            self.send({"return": {}, "id": 4711})
        if what == "die-on":
            die("fake trouble with " + on)

    def answer(self, command):
        name, arguments = command["execute"], command.get("arguments", {})
        if name == "query-machines":
            return [{"name": "pc-i440fx-7.2", "alias": "pc", "is-default": True, "cpu-max": 255, "hotpluggable-cpus": True}]
        if name == "query-status":
            return {"status": self.status, "running": self.status == "running", "singlestep": False}
        if name in ("query-chardev", "query-vnc-servers"):
            return []
        if name == "query-migrate":
            return {"status": self.migration, **({"error-desc": "fake trouble"} if self.migration == "failed" else {})}
        if name == "getfd":
            self.descriptors[arguments["fdname"]] = self.passed
        if name == "cont":
            self.status = "running"
            self.event("RESUME")
        if name == "stop":
            self.status = "paused"
            self.event("STOP")
        if name == "migrate":
            self.start(self.save, arguments["uri"])
        if name == "migrate-incoming":
            self.start(self.load, arguments["uri"])
        if name == "migrate_cancel" and self.migration == "active":
            self.migrated("cancelled")
        return {}

    def start(self, work, uri):
        self.migrated("active")
        state = socket.socket(fileno=self.descriptors.pop(uri.removeprefix("fd:")))
        threading.Thread(target=work, args=(state,), daemon=True).start()

    def save(self, state):
        half = len(STATE) // 2
        try:
            state.sendall(STATE[:half])
            if MODE == "half-save":
                die("fake trouble in the middle of a save")
            if MODE == "stalled-save":
                mute()
            if MODE != "failed-save":
                state.sendall(STATE[half:])
        except OSError:
            return self.migrated("failed")
        if MODE == "failed-save":
            self.migrated("failed")
        elif MODE == "unsure-save":
            say("muted")
        else:
            self.status = "postmigrate"
            self.migrated("completed")
        state.close()

    def load(self, state):
        if MODE == "stalled-restore":
            mute()
        count = 0
        while data := state.recv(65536):
            count += len(data)
            if MODE == "die-restore":
                die("load of migration failed: fake trouble")
        if MODE == "unsure-restore":
            return say("muted")
        if count != len(STATE):
            die("load of migration failed: so few bytes")
        self.status = "paused"
        self.migrated("completed")

    def serve(self):
        self.send({"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}, "capabilities": []}})
        for command in self.lines():
            self.misbehave(command)
            self.send({"return": self.answer(command), "id": command.get("id")})
            if command["execute"] == "quit":
                os._exit(0)


def main():
    probed = option("-machine")[0].startswith("none")
    listed = next(o for o in option("-chardev") if "id=charmonitor" in o)
    endpoint = socket.socket(fileno=int(dict(word.split("=") for word in listed.split(",")[1:])["fd"]))
    endpoint.setblocking(True)
    if MODE == "fails" and not probed:
        die("fake trouble at the start")
    if probed:
        return Monitor(endpoint).serve()
    if MODE == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        peer, _ = endpoint.accept()
        if MODE == "mute":
            mute()
        if MODE == "nonsense":
            peer.sendall(b"220 smtp.example.org ready\n")
        try:
            while MODE == "endless":
                peer.sendall(b"x" * 65536)
            Monitor(peer).serve()
        except OSError:
            pass


main()
