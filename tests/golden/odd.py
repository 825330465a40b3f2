"""What no client sends, and how libvirtd answers: a scene played with hand-made frames."""
import socket
import struct

from schema import CALL, CONTINUE, ERROR, EVENT, KEEPALIVE, OK, REMOTE, REPLY, SLUICE, STREAM, Frame, take


class Peer:
    def __init__(self, schema, path):
        self.schema = schema
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.buffer, self.frames, self.serial = bytearray(), [], 0

    def send(self, frame):
        self.socket.sendall(frame.raw)

    def receive(self):
        while not self.frames:
            data = self.socket.recv(1 << 20)
            if not data:
                raise EOFError
            self.buffer += data
            self.frames += take(self.buffer)
        return self.frames.pop(0)

    def call(self, name, /, **values):
        number = self.schema.numbers[name]
        body = self.schema.encode(self.schema.arguments[number], values)
        return self.raw(REMOTE, number, body=body)

    def raw(self, program, procedure, kind=CALL, status=OK, body=b"", version=1):
        frame = Frame.make(program, procedure, kind, self.serial, status, body, version)
        self.serial += 1
        self.send(frame)
        return self.receive()


def opened(schema, path):
    peer = Peer(schema, path)
    peer.call("auth_list")
    peer.call("connect_open", name="qemu:///system", flags=0)
    return peer


def hello_of_a_sluice(schema, path):
    """The extension's first call, as a Sluice client makes it: in the same write as connect_open."""
    peer = Peer(schema, path)
    peer.call("auth_list")
    name = "sluice 0.1.0"
    text = struct.pack(">I", len(name)) + name.encode()
    hello = text + struct.pack(">QIIII", 3, 33554432, 1024, 262144, 0)
    number = schema.numbers["connect_open"]
    open_call = Frame.make(REMOTE, number, CALL, 1, OK, schema.encode(schema.arguments[number],
                                                                      {"name": "qemu:///system", "flags": 0}))
    peer.socket.sendall(open_call.raw + Frame.make(SLUICE, 1, CALL, 2, OK, hello).raw)
    peer.receive()
    peer.receive()
    peer.serial = 3
    peer.call("connect_get_lib_version")
    peer.call("connect_close")


def unfitting_calls(schema, path):
    peer = Peer(schema, path)
    peer.call("connect_get_type")  # before anything else
    peer.call("auth_list")
    peer.call("connect_get_type")  # before the opening
    peer.call("connect_open", name="qemu:///system", flags=0)
    peer.raw(REMOTE, 99999)
    peer.raw(REMOTE, 1, version=2)
    peer.raw(0x12345678, 1)
    peer.raw(REMOTE, schema.numbers["connect_get_type"], status=ERROR)
    peer.raw(REMOTE, schema.numbers["domain_lookup_by_name"], body=b"\0\0")
    for kind in (STREAM, REPLY, EVENT):  # dropped without an answer
        peer.send(Frame.make(REMOTE, 59, kind, 4242, CONTINUE if kind == STREAM else OK))
    peer.call("connect_get_type")
    peer.send(Frame.make(KEEPALIVE, 1, EVENT, 0, OK))
    peer.receive()
    peer.call("connect_close")


PLAYS = [("odd-hello", hello_of_a_sluice), ("odd-calls", unfitting_calls)]
