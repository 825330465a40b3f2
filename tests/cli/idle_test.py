"""Very many streams on one connection, which nobody reads: what they cost either end, and what comes when there are too
many."""
import json
import os
import pathlib
import re
import resource
import struct
import subprocess
import unittest

from place import BUILD, PATIENCE, PoolPlace, until
from wire import DOWNLOAD, LIB_VERSION, REMOTE, UPLOAD, Refused, Wire, string

OPTIMISED = re.search(r"CMAKE_BUILD_TYPE:\w+=Rel", (BUILD / "CMakeCache.txt").read_text()) is not None
# Bytes of a stream, with room to spare; others than optimised builds have larger frames.
DAEMON_MAX, CLIENT_MAX = 7 * 1024, 5 * 1024
STREAMS_MAX, CROWD = 16_384, 1_024
SIZE = 1 << 20


class IdlePlace(PoolPlace):
    def setUp(self):
        super().setUp()
        self.make_volume()

    def make_volume(self):
        self.well("volume", "create", "pool/small", "--capacity", str(SIZE), "--allocation", str(SIZE))
        self.content = os.urandom(SIZE)
        (self.place / "small").write_bytes(self.content)
        self.well("volume", "create", "pool/up", "--capacity", str(SIZE))

    def memory(self):
        """Bytes that belong to the daemon alone."""
        status = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def wire(self):
        wire = Wire(self.socket)
        self.addCleanup(wire.close)
        return wire

    def opened(self, wire, count):
        return wire.downloads("pool", "small", str(self.place / "small"), count)


class Idle(IdlePlace):
    MANY = 10_000

    def client(self):
        """One that has opened all, and its figures."""
        client = subprocess.Popen([BUILD / "bin/idle_client", self.uri, "pool/small", str(self.MANY)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.reap, client)
        line = client.stdout.readline()
        self.assertTrue(line, "the streams were not opened")
        return client, json.loads(line)

    def test_ten_thousand_cost_little_and_leave_nothing(self):
        self.well("list")
        descriptors, before, sizes = self.descriptors(), self.memory(), []
        # What a connection leaves is memory of its event loop, and there are as many of these as processors.
        for _ in range(os.cpu_count() + 1):
            client, figures = self.client()
            sizes.append(self.memory() - before)
            self.assertLessEqual(self.descriptors(), descriptors + self.MANY + 16)
            if OPTIMISED:
                self.assertLessEqual(sizes[0], self.MANY * DAEMON_MAX)
                self.assertLessEqual(figures["client_bytes"], self.MANY * CLIENT_MAX)
            client.stdin.write("read\n")
            client.stdin.flush()
            self.assertEqual(str(SIZE), client.stdout.readline().strip())
            self.assertIn("pool", self.well("pool", "list"))
            client.stdin.close()
            self.assertEqual(0, client.wait(PATIENCE))
            until(lambda: self.descriptors() <= descriptors, "its descriptors are back")
            self.assertEqual([], json.loads(self.well("streams", "--json")))
        self.assertLessEqual(sizes[-1], sizes[-2] * 1.25, "what the first ones had is used again")

    def test_too_many_are_refused_one_by_one(self):
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < STREAMS_MAX + 1000:
            self.skipTest("this system lets nobody have so many descriptors")
        other = self.wire()
        [held], _ = self.opened(other, 1)
        descriptors = self.descriptors()
        wire = self.wire()
        opened, refused = self.opened(wire, 100_000)
        self.assertEqual((STREAMS_MAX, 100_000 - STREAMS_MAX), (len(opened), len(refused)))
        self.assertEqual({"too many streams"}, set(refused))
        with self.assertRaisesRegex(Refused, "too many streams"):
            wire.call(self.upload())
        wire.call((REMOTE, LIB_VERSION, b""))
        self.assertEqual(self.content, wire.read(opened[-1], SIZE))
        self.assertEqual(self.content, other.read(held, SIZE))
        self.assertIn("pool", self.well("pool", "list"))
        wire.close()
        until(lambda: self.descriptors() <= descriptors, "its descriptors are back")


    def test_only_downloads_follow_the_first_thousand(self):
        wire = self.wire()
        self.assertEqual((CROWD - 1, 0), tuple(map(len, self.opened(wire, CROWD - 1))))
        wire.call(self.upload())
        with self.assertRaisesRegex(Refused, f"only downloads may follow the first {CROWD} of a connection"):
            wire.call(self.upload())
        self.assertEqual((1, 0), tuple(map(len, self.opened(wire, 1))))

    def upload(self):
        return (REMOTE, UPLOAD, string("pool") + string("up") + string(str(self.place / "up")) + struct.pack(">QQI", 0, 0, 0))


class FewDescriptors(IdlePlace):
    """A daemon that may have few descriptors."""

    FILES = 200

    def start_daemon(self, *more):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.FILES, before[1]))
        try:
            super().start_daemon(*more)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (self.FILES, self.FILES))

    def test_streams_leave_some_to_others(self):
        wire, other = self.wire(), self.wire()
        [held], _ = self.opened(other, 1)
        opened, refused = self.opened(wire, 500)
        self.assertGreater(len(opened), self.FILES // 2)
        self.assertEqual(500, len(opened) + len(refused))
        for why in refused:
            self.assertIn("cannot download volume 'small' of storage pool 'pool'", why)
            self.assertIn("Too many open files", why)
        with self.assertRaisesRegex(Refused, "Too many open files"):
            wire.call(self.download())
        self.assertIn("small", self.well("volume", "list", "pool"))  # who comes is let in, and served
        wire.call((REMOTE, LIB_VERSION, b""))
        self.assertEqual(self.content, wire.read(opened[0], SIZE))
        self.assertEqual(self.content, other.read(held, SIZE))
        wire.close()
        until(lambda: not self.opened(self.wire(), 1)[1], "there is room again")

    def download(self):
        return (REMOTE, DOWNLOAD, string("pool") + string("small") + string(str(self.place / "small")) +
                struct.pack(">QQI", 0, 0, 0))


if __name__ == "__main__":
    unittest.main()
