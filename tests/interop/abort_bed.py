"""What tests of streams that end in the middle stand on: random points, and what must hold after each of them.

ABORT_POINTS is how many of each there are, 10 if it is not set; TRANSFER_MIB the volume's size, 256 if it is not set;
ABORT_SEED chooses other points.
"""
import os
import random
import shutil
import time

from images import MIB, full
from storage_bed import StorageBed

SIZE = int(os.environ.get("TRANSFER_MIB", "256")) * MIB
POINTS = int(os.environ.get("ABORT_POINTS", "10"))
SEED = os.environ.get("ABORT_SEED", "1")
# What a client may have taken before its application asks for it. Behind such a point a daemon has something left to end.
LAST = SIZE - 64 * MIB
NEXT = 4 * MIB


class AbortBed(StorageBed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if (free := shutil.disk_usage(cls.daemon.folder).free) < 2 * SIZE:
            raise AssertionError(f"{cls.daemon.folder} has {free // MIB} MiB free, {2 * SIZE // MIB} are needed")

    def setUp(self):
        self.path = self.volume("disk", f"{SIZE}B", "--allocation", "0")
        full(self.path, SIZE)
        os.sync()  # or a byte that is written over would wait for the way of all of this to the disk
        self.chance = random.Random(f"{SEED} {self.id()}")

    def point(self):
        """Half of them anywhere, half of them near the beginning, where streams are opened and windows grow."""
        if self.chance.random() < 0.5:
            return self.chance.randrange(1, LAST)
        return int(2 ** self.chance.uniform(0, LAST.bit_length() - 1))

    def each(self, make, end):
        """Has `end` end a stream at every point, of one connection; it is told client, direction and point."""
        client = make(self.daemon.uri, self.pool, "disk")
        self.addCleanup(client.end)
        name, began, moved = client.call(), time.monotonic(), 0
        for number in range(POINTS):
            direction, point = ("up", "down")[number % 2], self.point()
            with self.subTest(number=number, direction=direction, point=point, seed=SEED):
                end(client, direction, point)
                self.assertEqual(name, client.call())
                self.check_next(client, point)
            moved += point
        print(f"    {type(self.daemon).__name__}, {self._testMethodName[5:].replace('_', ' ')}: {POINTS} points, "
              f"{moved // MIB} MiB before them, seed {SEED}, {time.monotonic() - began:.1f} s", flush=True)

    def check_next(self, client, point):
        """Up and down again, across the place where the other one ended: bytes that come late would show."""
        offset = min(max(point - NEXT // 2, 0), SIZE - NEXT)
        source, copy = self.daemon.folder / "next", self.daemon.folder / "next.back"
        sent = self.chance.randbytes(NEXT)
        source.write_bytes(sent)
        client.upload(offset, NEXT, source)
        with open(self.path, "rb") as file:
            self.assertEqual(sent, os.pread(file.fileno(), NEXT, offset), "uploaded bytes differ")
        client.download(offset, NEXT, copy)
        self.assertEqual(sent, copy.read_bytes(), "downloaded bytes differ")
        copy.unlink()
