"""Clients whose streams are aborted in the middle, one connection each: libvirt's library, and ours."""
import contextlib
import socket
import subprocess

import libvirt

from daemon import PROGRAMS

PIECE = bytes([0xA5]) * (1 << 20)
PATIENCE = 300  # seconds, until a client that hangs is ended


class EndedEarly(AssertionError):
    pass


class LibvirtClient:
    """libvirt's own library, in this process."""

    def __init__(self, uri, pool, volume):
        libvirt.registerErrorHandler(lambda context, error: None, None)
        self.host = libvirt.open(uri)
        self.volume = self.host.storagePoolLookupByName(pool).storageVolLookupByName(volume)
        self.stream, self.up = None, False

    def open(self, direction, offset, length):
        self.stream, self.up = self.host.newStream(), direction == "up"
        (self.volume.upload if self.up else self.volume.download)(self.stream, offset, length)

    def refusal(self, direction):
        """Why a stream cannot even be opened; nothing: it is open."""
        try:
            self.open(direction, 0, 0)
        except libvirt.libvirtError as problem:
            return str(problem)
        return None

    def move(self, count):
        """Exactly so many bytes through the stream."""
        while count > 0:
            done = self.stream.send(PIECE[:count]) if self.up else len(self.stream.recv(min(count, len(PIECE))))
            if done <= 0:
                raise EndedEarly(f"the stream ended {count} bytes early")
            count -= done

    def failure(self, count):
        """Why the stream failed before so many went through and were confirmed."""
        try:
            with contextlib.suppress(EndedEarly):  # libvirtd tells why in answer to the finish
                self.move(count)
            self.stream.finish()
        except libvirt.libvirtError as problem:
            return str(problem)
        raise AssertionError("it did not fail")

    def abort(self):
        self.stream.abort()

    def call(self):
        return self.host.getHostname()

    def upload(self, offset, length, path):
        self.open("up", offset, length)
        with open(path, "rb") as file:
            self.stream.sendAll(lambda stream, count, opaque: file.read(count), None)
        self.stream.finish()

    def download(self, offset, length, path):
        self.open("down", offset, length)
        with open(path, "wb") as file:
            self.stream.recvAll(lambda stream, data, opaque: file.write(data) and 0, None)
        self.stream.finish()

    def end(self):
        self.stream = None
        self.host.close()


class SluiceClient:
    """libsluice, in a process that does what it is told."""

    def __init__(self, uri, pool, volume):
        self.lines, theirs = socket.socketpair()
        self.lines.settimeout(PATIENCE)
        with theirs:
            self.process = subprocess.Popen([PROGRAMS / "stream_client", uri, pool, volume], stdin=theirs, stdout=theirs)
        self.said = self.lines.makefile("r")

    def _ask(self, *words):
        self.lines.sendall((" ".join(map(str, words)) + "\n").encode())
        line = self.said.readline().strip()
        outcome, _, value = line.partition(" ")
        if outcome != "done":
            raise AssertionError(f"{' '.join(map(str, words))}: {line or 'the client ended'}")
        return value

    def open(self, direction, offset, length):
        self._ask("open", direction, offset, length)

    def refusal(self, direction):
        """Its streams are opened in the background: what refuses them is their failure."""
        self.open(direction, 0, 0)

    def move(self, count):
        self._ask("move", count)

    def failure(self, count):
        return self._ask("fail", count)

    def abort(self):
        self._ask("abort")

    def call(self):
        return self._ask("call")

    def upload(self, offset, length, path):
        self._ask("upload", offset, length, path)

    def download(self, offset, length, path):
        self._ask("download", offset, length, path)

    def end(self):
        self.lines.shutdown(socket.SHUT_WR)
        code = self.process.wait(PATIENCE)
        self.said.close()
        self.lines.close()
        if code != 0:
            raise AssertionError(f"stream_client ended with {code}")
