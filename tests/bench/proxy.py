"""A long way between client and daemon: proxy.py LISTEN TARGET DELAY_MS BYTES_PER_SECOND

LISTEN is unix:PATH or tcp; TARGET is unix:PATH or tcp:PORT. It prints where it listens. Every byte arrives DELAY_MS later
and in order; a rate of 0 is no limit. Of each connection that ended it prints, as JSON, what each direction carried, and how
fast its bulk came out: from the first MiB on, so that the round trips before a transfer are not in it.
"""
import json
import queue
import socket
import sys
import threading
import time

CHUNK = 1 << 18
HELD = 64 << 20  # bytes that may be on the way: twice what 125 MB/s need over 250 ms
AHEAD = 0.004  # seconds that the reader may be ahead of the rate, or the naps between two reads would slow it
BULK = 1 << 14  # chunks below are not of the bulk
MARK = 1 << 20


class Direction:
    def __init__(self, source, sink, delay, rate):
        self.source, self.sink, self.delay, self.rate = source, sink, delay, rate
        self.under_way = queue.Queue(HELD // CHUNK if delay or rate else 1)  # a short way holds nothing
        self.bytes, self.marks = 0, []  # (when, how many bytes had come out), a mark each MiB
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._take, self._give)]
        for thread in self.threads:
            thread.start()

    def _take(self):
        free = time.monotonic()  # when the line has carried what came before
        data = b"-"
        while data:
            try:
                data = self.source.recv(CHUNK)
            except OSError:
                data = b""
            now = time.monotonic()
            free = max(free, now) + (len(data) / self.rate if self.rate else 0)
            self.under_way.put((free + self.delay, data))
            if free - now > AHEAD:
                time.sleep(free - now - AHEAD)

    def _give(self):
        broken = False
        while True:
            due, data = self.under_way.get()
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            if not data:
                break
            try:
                if not broken:
                    self.sink.sendall(data)
            except OSError:
                broken = True  # go on taking: the other side must not hang in a full queue
                continue
            self._count(len(data))
        for end, how in ((self.sink, socket.SHUT_WR), (self.source, socket.SHUT_RD)):
            try:
                end.shutdown(how)
            except OSError:
                pass

    def _count(self, count):
        self.bytes += count
        if count >= BULK and self.bytes >= ((self.marks[-1][1] if self.marks else 0) + MARK):
            self.marks.append((time.monotonic(), self.bytes))

    def told(self):
        """The rate of the whole bulk, and of its second half, when whatever had to grow has grown."""
        steady = rate_of(self.marks[len(self.marks) // 2:])
        return {"bytes": self.bytes, "mb_per_s": rate_of(self.marks), "steady_mb_per_s": steady}


def rate_of(marks):
    if len(marks) < 2:
        return None
    (began, before), (ended, after) = marks[0], marks[-1]
    return (after - before) / (ended - began) / 1e6


def listen(place):
    if place == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        print(f"tcp:{listener.getsockname()[1]}", flush=True)
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(place.removeprefix("unix:"))
        listener.listen(16)
        print(place, flush=True)
    return listener


def connect(place):
    kind, _, where = place.partition(":")
    if kind == "tcp":
        stream = socket.create_connection(("127.0.0.1", int(where)))
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(where)
    return stream


def serve(client, target, delay, rate):
    daemon = connect(target)
    if client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    up, down = Direction(client, daemon, delay, rate), Direction(daemon, client, delay, rate)
    for thread in up.threads + down.threads:
        thread.join()
    client.close()
    daemon.close()
    print(json.dumps({"up": up.told(), "down": down.told()}), flush=True)


def main():
    place, target, delay_ms, rate = sys.argv[1:]
    listener = listen(place)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, target, float(delay_ms) / 1e3, float(rate)), daemon=True).start()


main()
