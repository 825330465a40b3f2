"""The other end of QEMU's migration socket in the bare limit: copier.py receive SOCKET FILE, copier.py send SOCKET FILE.

As little as it can be: a large buffer, read and write. What it writes is synced and then renamed, as a saved file must be.
"""
import os
import socket
import sys
import time

how, place, path = sys.argv[1:]
buffer = memoryview(bytearray(1 << 20))
if how == "receive":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen(1)
    print("ready", flush=True)
    stream, _ = listener.accept()
    file = os.open(path + ".partial", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while count := stream.recv_into(buffer):
        os.write(file, buffer[:count])
    os.fsync(file)
    os.close(file)
    os.rename(path + ".partial", path)
else:
    file = os.open(path, os.O_RDONLY)
    print("ready", flush=True)
    stream = socket.socket(socket.AF_UNIX)
    while True:
        try:
            stream.connect(place)
            break
        except OSError:
            time.sleep(0.002)
    while count := os.readv(file, [buffer]):
        stream.sendall(buffer[:count])
    stream.close()
