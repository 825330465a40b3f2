"""The wire of libvirt's remote protocol, as little as a test client needs: frames, and a few XDR values."""
import socket
import struct

REMOTE = 0x20008086
EXTENSION = 0x534C4355
KEEPALIVE = 0x6B656570
CALL, REPLY, EVENT, STREAM, HOLE = 0, 1, 2, 3, 6
OK, ERROR, CONTINUE = 0, 1, 2

AUTH_LIST, SUPPORTS_FEATURE, OPEN, CLOSE, GET_HOSTNAME = 66, 60, 1, 2, 59
LOOKUP_BY_NAME, DESTROY, CONSOLE, LIST_ALL, GET_XML, DEFINE = 23, 12, 201, 273, 14, 11


def text(value):
    raw = value.encode()
    return struct.pack(">I", len(raw)) + raw + bytes(-len(raw) % 4)


def maybe(value):
    return struct.pack(">I", 0) if value is None else struct.pack(">I", 1) + text(value)


class Frame:
    def __init__(self, raw):
        self.program, self.version, self.procedure, self.kind, self.serial, self.status = struct.unpack(">IIiiIi", raw[:24])
        self.body = raw[24:]

    def error(self):
        """(code, domain, message) of an error struct."""
        code, domain, present = struct.unpack(">iiI", self.body[:12])
        size = struct.unpack(">I", self.body[12:16])[0] if present else 0
        return code, domain, self.body[16:16 + size].decode()


class Client:
    """A client that sends whatever it is told to."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)  # a guard against hanging
        self.socket.connect(str(path))
        self.serial = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, procedure, body=b"", *, program=REMOTE, version=1, kind=CALL, serial=None, status=OK):
        if serial is None:
            serial = self.serial
            self.serial += 1
        self.raw(struct.pack(">IIIiiIi", 28 + len(body), program, version, procedure, kind, serial, status) + body)
        return serial

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        size = struct.unpack(">I", self.exactly(4))[0]
        return Frame(self.exactly(size - 4))

    def ended(self):
        """Nothing more comes: the daemon closed the connection."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def call(self, procedure, body=b"", **how):
        serial = self.send(procedure, body, **how)
        while True:
            frame = self.receive()
            if frame.kind == REPLY and frame.serial == serial:
                return frame

    def open(self, uri="test:///default", flags=0):
        frame = self.call(OPEN, maybe(uri) + struct.pack(">I", flags))
        assert frame.status == OK, frame.error()
        return self

    def machine(self, name="test"):
        """The reference of a machine, as it comes and goes."""
        frame = self.call(LOOKUP_BY_NAME, text(name))
        assert frame.status == OK, frame.error()
        return frame.body
