"""A proxy before a daemon's socket that keeps every frame of every connection, in the order it passed."""
import socket
import threading

from schema import take


class Recorder:
    """connections: one list per connection of (direction, Frame); direction is '>' toward the daemon, '<' from it."""

    def __init__(self, listen, target):
        self.target = target
        self.connections = []
        self.lock = threading.Lock()
        self.pumps = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(listen)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            daemon = socket.socket(socket.AF_UNIX)
            daemon.connect(self.target)
            frames = []
            with self.lock:
                self.connections.append(frames)
            for direction, near, far in ((">", client, daemon), ("<", daemon, client)):
                pump = threading.Thread(target=self._pump, args=(frames, direction, near, far), daemon=True)
                self.pumps.append(pump)
                pump.start()

    def _pump(self, frames, direction, near, far):
        buffer = bytearray()
        try:
            while data := near.recv(1 << 20):
                buffer += data
                with self.lock:  # noted before it is passed on: an answer is never noted before its question
                    frames.extend((direction, frame) for frame in take(buffer))
                far.sendall(data)
        except OSError:
            pass
        try:
            far.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self):
        """The connections since the last call, when all of them are over."""
        for pump in self.pumps:
            pump.join(30)
        with self.lock:
            taken, self.connections, self.pumps = [c for c in self.connections if c], [], []
        return taken
