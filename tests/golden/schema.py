"""The remote protocol as two tables: procedures.tsv (number, name, arguments, reply) and types.tsv (composite types).

Only what a capture needs: decode to the last byte, and encode for the calls that no client would make.
"""
import pathlib
import re
import struct
import uuid

HERE = pathlib.Path(__file__).resolve().parent
REMOTE, KEEPALIVE, SLUICE = 0x20008086, 0x6B656570, 0x534C4355
CALL, REPLY, EVENT, STREAM, CALL_FDS, REPLY_FDS, HOLE = range(7)
KINDS = ["call", "reply", "event", "stream", "call_fds", "reply_fds", "hole"]
OK, ERROR, CONTINUE = range(3)
STATUSES = ["ok", "error", "continue"]

NUMBERS = {"i32": ">i", "u32": ">I", "u64": ">Q", "i64": ">q", "f64": ">d", "i8w": ">i", "u8w": ">I", "u16w": ">I",
           "i16w": ">i"}
TYPED = {1: "i32", 2: "u32", 3: "i64", 4: "u64", 5: "f64", 6: "i32", 7: "str"}


def fields_of(text):
    return [] if text in ("-", "") else [tuple(field.split(":", 1)) for field in text.split(" ")]


class Schema:
    def __init__(self):
        rows = [line.rstrip("\n").split("\t") for line in (HERE / "types.tsv").read_text().splitlines()[1:]]
        self.types = {row[0]: fields_of(row[1]) for row in rows if row[0] != "tparam"}
        rows = [line.split("\t") for line in (HERE / "procedures.tsv").read_text().splitlines()[1:]]
        self.names = {int(row[0]): row[1] for row in rows}
        self.numbers = {name: number for number, name in self.names.items()}
        self.arguments = {int(row[0]): fields_of(row[3]) for row in rows}
        self.replies = {int(row[0]): fields_of(row[4]) for row in rows}

    # ------------------------------------------------------------ bytes to values

    def decode(self, fields, data):
        """Returns the values by name; raises ValueError unless the bytes end with the last field."""
        values, at = {}, 0
        for name, kind in fields:
            values[name], at = self._value(kind, data, at)
        if at != len(data):
            raise ValueError(f"{len(data) - at} bytes left behind the last field")
        return values

    def _opaque(self, data, at, size):
        end = at + size + -size % 4
        if end > len(data):
            raise ValueError(f"{size} bytes wanted at {at} of {len(data)}")
        return data[at:at + size], end

    def _value(self, kind, data, at):
        if kind.endswith("?"):
            there, at = self._value("u32", data, at)
            return self._value(kind[:-1], data, at) if there else (None, at)
        array = re.match(r"(.*)\[(<=)?(\d+)\]$", kind)
        if array:
            count = int(array.group(3))
            if array.group(2):
                size, at = self._value("u32", data, at)
                if size > count:
                    raise ValueError(f"array of {size} over its limit {count}")
                count = size
            values = []
            for _ in range(count):
                value, at = self._value(array.group(1), data, at)
                values.append(value)
            return values, at
        if kind in NUMBERS:
            raw, end = self._opaque(data, at, struct.calcsize(NUMBERS[kind]))
            return struct.unpack(NUMBERS[kind], raw)[0], end
        if kind == "str" or kind.startswith("bytes<="):
            size, at = self._value("u32", data, at)
            return self._opaque(data, at, size)
        if kind.startswith("bytes=") or kind == "uuid":
            return self._opaque(data, at, 16 if kind == "uuid" else int(kind[6:]))
        if kind == "tparam":
            name, at = self._value("str", data, at)
            number, at = self._value("i32", data, at)
            value, at = self._value(TYPED[number], data, at)
            return (name, number, value), at
        values = {}
        for name, inner in self.types[kind]:
            values[name], at = self._value(inner, data, at)
        return values, at

    # ------------------------------------------------------------ values to bytes

    def encode(self, fields, values):
        return b"".join(self._bytes(kind, values[name]) for name, kind in fields)

    def _bytes(self, kind, value):
        if kind.endswith("?"):
            return struct.pack(">I", 0) if value is None else struct.pack(">I", 1) + self._bytes(kind[:-1], value)
        if kind in NUMBERS:
            return struct.pack(NUMBERS[kind], value)
        if kind == "str":
            value = value.encode() if isinstance(value, str) else value
            return struct.pack(">I", len(value)) + value + bytes(-len(value) % 4)
        if kind == "uuid":
            return value if isinstance(value, bytes) else uuid.UUID(value).bytes
        return self.encode(self.types[kind], value)


class Frame:
    HEAD = struct.Struct(">IIIiIII")

    def __init__(self, raw):
        self.raw = bytes(raw)
        (self.length, self.program, self.version, self.procedure, self.kind, self.serial,
         self.status) = self.HEAD.unpack(self.raw[:28])
        self.body = self.raw[28:]

    @classmethod
    def make(cls, program, procedure, kind, serial, status, body=b"", version=1):
        return cls(cls.HEAD.pack(28 + len(body), program, version, procedure, kind, serial, status) + body)

    def name(self, schema):
        if self.program == KEEPALIVE:
            return {1: "ping", 2: "pong"}.get(self.procedure, "?")
        return schema.names.get(self.procedure, "?") if self.program == REMOTE else "?"

    def fields(self, schema):
        """What the body must decode as; None where it is bytes, or of no procedure we know."""
        if self.kind == HOLE:
            return schema.types["stream_hole"]
        if self.status == ERROR:
            return schema.types["@error"] if self.body else []
        if self.program != REMOTE or self.procedure not in schema.names:
            return [] if self.program == KEEPALIVE else None
        if self.kind in (CALL, EVENT):
            return schema.arguments[self.procedure]
        return schema.replies[self.procedure] if self.kind == REPLY else None


def take(buffer):
    """Cuts the frames that are complete off the front of a bytearray."""
    frames = []
    while len(buffer) >= 4:
        length = struct.unpack_from(">I", buffer)[0]
        if len(buffer) < length:
            break
        frames.append(Frame(buffer[:length]))
        del buffer[:length]
    return frames
