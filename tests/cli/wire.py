"""A client that speaks docs/protocol.md by hand, because every library keeps to the rules and wants its bytes."""
import contextlib
import socket
import struct

REMOTE, EXTENSION = 0x20008086, 0x534C4355
AUTH_LIST, OPEN, UPLOAD, DOWNLOAD, LIB_VERSION, HELLO, WINDOW = 66, 1, 208, 209, 157, 1, 2


def string(text):
    data = text.encode()
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


class Refused(Exception):
    pass


class Wire:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.input, self.serial, self.waiting = self.socket.makefile("rb"), 0, set()
        self.call((REMOTE, AUTH_LIST, b""))
        # Holes on every stream; no parameters.
        greeting = string("test") + struct.pack(">QIIII", 2, 1 << 25, 100_000, 0, 0)
        self.call((REMOTE, OPEN, struct.pack(">I", 1) + string("qemu:///system") + bytes(4)),
                  (EXTENSION, HELLO, greeting))

    def close(self):
        self.input.close()
        self.socket.close()

    def send(self, *calls):
        """(program, procedure, payload), all in one write."""
        data = b""
        for program, procedure, payload in calls:
            data += struct.pack(">7I", 28 + len(payload), program, 1, procedure, 0, self.serial, 0) + payload
            self.waiting.add(self.serial)
            self.serial += 1
        self.socket.sendall(data)

    def receive(self):
        """Until one more call was answered: its serial, and what was said against it."""
        while True:
            length, _, _, _, kind, serial, status = struct.unpack(">7I", self.input.read(28))
            payload = self.input.read(length - 28)
            if kind == 1 and serial in self.waiting:
                self.waiting.discard(serial)
                if status == 0:
                    return serial, None
                length = struct.unpack(">I", payload[12:16])[0]  # behind code, domain, and that there is a message
                return serial, payload[16:16 + length].decode()
            if kind == 3 and payload:
                raise RuntimeError("data came on a stream that has no window")

    def call(self, *calls):
        self.send(*calls)
        while self.waiting:
            _, refused = self.receive()
            if refused is not None:
                raise Refused(refused)

    def downloads(self, pool, volume, key, count, at_once=16):
        """Serials of those that were opened, and what was said against the others."""
        download = (REMOTE, DOWNLOAD, string(pool) + string(volume) + string(key) + struct.pack(">QQI", 0, 0, 0))
        opened, refused, asked = [], [], 0
        while asked < count or self.waiting:
            more = min(at_once - len(self.waiting), count - asked)
            if more > 0:
                self.send(*[download] * more)
                asked += more
                continue
            serial, why = self.receive()
            (opened if why is None else refused).append(serial if why is None else why)
        return opened, refused

    def read(self, serial, size):
        """The bytes of a download, which gets a window for them."""
        fields = struct.pack(">IIIQ", REMOTE, DOWNLOAD, serial, 1 << 40)
        self.socket.sendall(struct.pack(">7I", 28 + len(fields), EXTENSION, 1, WINDOW, 2, 0, 0) + fields)
        came = b""
        with contextlib.suppress(EOFError):
            while len(came) < size:
                length, _, _, _, kind, of, _ = struct.unpack(">7I", self.input.read(28))
                payload = self.input.read(length - 28)
                if kind == 3 and of == serial:
                    if not payload:
                        raise EOFError
                    came += payload
        return came
