"""Opens so many downloads on one connection and grants none a window: idle_streams.py SOCKET POOL VOLUME PATH COUNT

It speaks docs/protocol.md by hand, because every library wants its bytes. It prints as JSON how many there were, in which
time, and what was said against one more; and holds them until its standard input ends.
"""
import json
import socket
import struct
import sys
import time

REMOTE, EXTENSION = 0x20008086, 0x534C4355
AUTH_LIST, OPEN, DOWNLOAD, LIB_VERSION, HELLO = 66, 1, 209, 157, 1
AT_ONCE = 16  # calls that wait for their answers


def string(text):
    data = text.encode()
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


class Refused(Exception):
    pass


class Wire:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.input, self.serial, self.waiting, self.refused = self.socket.makefile("rb"), 0, set(), 0

    def send(self, *calls):
        """(program, procedure, payload), all in one write."""
        data = b""
        for program, procedure, payload in calls:
            data += struct.pack(">7I", 28 + len(payload), program, 1, procedure, 0, self.serial, 0) + payload
            self.waiting.add(self.serial)
            self.serial += 1
        self.socket.sendall(data)

    def receive(self):
        """Until one more call was answered."""
        while True:
            length, program, _, procedure, kind, serial, status = struct.unpack(">7I", self.input.read(28))
            payload = self.input.read(length - 28)
            if kind == 1 and serial in self.waiting:
                self.waiting.discard(serial)
                if status != 0:
                    self.refused += 1
                    length = struct.unpack(">I", payload[12:16])[0]  # behind code, domain, and that there is a message
                    raise Refused(f"procedure {procedure}: {payload[16:16 + length].decode()}")
                return
            if kind == 3 and payload:
                raise RuntimeError("data came on a stream that has no window")

    def call(self, *calls):
        self.send(*calls)
        while self.waiting:
            self.receive()


def main():
    path, pool, volume, key, count = sys.argv[1:]
    wire = Wire(path)
    wire.call((REMOTE, AUTH_LIST, b""))
    greeting = string("bench") + struct.pack(">QIIII", 2, 1 << 25, 100_000, 0, 0)  # holes on every stream; no parameters
    wire.call((REMOTE, OPEN, struct.pack(">I", 1) + string("qemu:///system") + bytes(4)), (EXTENSION, HELLO, greeting))
    download = string(pool) + string(volume) + string(key) + struct.pack(">QQI", 0, 0, 0)
    began, asked, refused = time.monotonic(), 0, None
    while (asked < int(count) and not refused) or wire.waiting:
        if asked < int(count) and not refused and len(wire.waiting) < AT_ONCE:
            wire.send((REMOTE, DOWNLOAD, download))
            asked += 1
            continue
        try:
            wire.receive()
        except Refused as problem:
            refused = refused or str(problem)
    opened = time.monotonic()
    figures = {"opened": asked - wire.refused, "refused": refused, "open_s": opened - began}
    try:
        wire.call((REMOTE, LIB_VERSION, b""))
        figures["call_us"] = (time.monotonic() - opened) * 1e6
    except Refused as problem:  # no call at all beside so many streams: then there is no figure
        figures["call_refused"] = str(problem)
    print(json.dumps(figures), flush=True)
    sys.stdin.read()


main()
