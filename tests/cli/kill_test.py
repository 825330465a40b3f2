"""Client and daemon killed with -9 at a hundred points of uploads: a volume is as before, as sent, or says that it is neither."""
import json
import os
import pathlib
import random
import subprocess
import unittest

from place import PoolPlace, until

SIZE = 1 << 20
KILLS = 50  # of each


class Uploads(PoolPlace):
    def setUp(self):
        super().setUp()
        self.well("pool", "autostart", "pool")  # a daemon that comes back has it again
        self.well("volume", "create", "pool/disk", "--capacity", str(SIZE))
        self.path = self.place / "disk"
        self.random = random.Random(self.id())
        self.before = self.path.read_bytes()
        self.partial = 0  # volumes that said so

    def interrupted_upload(self):
        """An upload of which a random part was sent, and perhaps the end."""
        sent = self.random.randbytes(SIZE)
        upload = self.started("volume", "upload", "pool/disk", "-", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, bufsize=0)
        part = self.random.choice((0, SIZE, self.random.randrange(SIZE)))
        upload.stdin.write(sent[:part])
        if part == SIZE and self.random.random() < 0.5:
            upload.stdin.close()
        # Some are killed before anything arrived, others when all of it did.
        wanted = self.random.randrange(part + 1)
        if wanted > 0:
            until(lambda: self.path.read_bytes()[:wanted] == sent[:wanted], "that part is written")
        return upload, sent

    def incomplete(self):
        return "incomplete" in self.well("volume", "xml", "pool/disk")

    def check(self, sent):
        found = self.path.read_bytes()
        self.assertEqual(SIZE, len(found))
        if self.incomplete():
            self.partial += 1
        else:
            self.assertTrue(found in (self.before, sent), "a partial volume looks complete")
        self.assertEqual(["disk"], os.listdir(self.place))
        self.before = self.random.randbytes(SIZE)
        self.well("volume", "upload", "pool/disk", "-", input=self.before)
        self.assertEqual(self.before, self.path.read_bytes())
        self.assertFalse(self.incomplete())

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def idle(self):
        return json.loads(self.well("streams", "--json")) == []

    def test_killed_clients(self):
        self.check(self.before)  # what is made once is made now
        until(self.idle, "all streams are over")
        at_rest = self.descriptors()
        for kill in range(KILLS):
            with self.subTest(kill=kill):
                upload, sent = self.interrupted_upload()
                upload.kill()
                upload.wait()
                until(self.idle, "its stream is over")
                self.check(sent)
                until(lambda: self.descriptors() <= at_rest, "nothing of it is left open")
        self.assertGreater(self.partial, KILLS // 5)

    def test_killed_daemons(self):
        for kill in range(KILLS):
            with self.subTest(kill=kill):
                upload, sent = self.interrupted_upload()
                self.daemon.kill()
                self.daemon.wait()
                upload.stdin.close()
                self.assertIn(upload.wait(60), (0, 5))  # it may have been confirmed
                self.start_daemon()
                self.check(sent)
                self.assertEqual([], self.children())
        self.assertGreater(self.partial, KILLS // 5)

    def children(self):
        own = pathlib.Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children")
        return own.read_text().split()


if __name__ == "__main__":
    unittest.main()
