"""What the machine can do at best: a file through a socket into a file, with nothing between.

    pump.py receive copy|splice unix:PATH|tcp FILE    prints where it listens, then its figures
    pump.py send copy|splice PLACE FILE
    pump.py drain                                     eats a pipe at its standard input

Files are written over, not truncated: their pages stay.
"""
import json
import os
import resource
import socket
import sys
import time

CHUNK = 1 << 20


def listen(place):
    if place == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        print(f"tcp:{listener.getsockname()[1]}", flush=True)
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(place.removeprefix("unix:"))
        listener.listen(1)
        print(place, flush=True)
    return listener.accept()[0]


def connect(place):
    kind, _, where = place.partition(":")
    if kind == "tcp":
        return socket.create_connection(("127.0.0.1", int(where)))
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(where)
    return stream


def send_copy(stream, file):
    buffer = memoryview(bytearray(CHUNK))
    while count := os.readv(file, [buffer]):
        stream.sendall(buffer[:count])


def send_splice(stream, file):
    offset = 0
    while count := os.sendfile(stream.fileno(), file, offset, CHUNK):
        offset += count


def receive_copy(stream, file):
    buffer = memoryview(bytearray(CHUNK))
    while count := stream.recv_into(buffer):
        os.write(file, buffer[:count])


def receive_splice(stream, file):
    out, into = os.pipe()
    import fcntl
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, CHUNK)
    while count := os.splice(stream.fileno(), into, CHUNK):
        while count:
            count -= os.splice(out, file, count)


def drain():
    null, total = os.open("/dev/null", os.O_WRONLY), 0
    while count := os.splice(0, null, CHUNK):
        total += count
    print(total)


def main():
    if sys.argv[1] == "drain":
        return drain()
    role, how, place, path = sys.argv[1:]
    file = os.open(path, os.O_RDONLY if role == "send" else os.O_WRONLY | os.O_CREAT, 0o600)
    stream = connect(place) if role == "send" else listen(place)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    globals()[f"{role}_{how}"](stream, file)
    used, seconds = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    stream.close()
    print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime}))


main()
