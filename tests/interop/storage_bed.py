"""What the tests of pools and volumes with the unmodified virsh stand on: a pool that is there, and files to send."""
import hashlib
import os
import random
import subprocess
import unittest

from daemon import made

MIB = 1 << 20


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class StorageBed(unittest.TestCase):
    made = staticmethod(made)

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.made()
        cls.addClassCleanup(cls.daemon.end)
        cls.pool = f"pool-{os.getpid()}"
        cls.place = cls.daemon.folder / "images"
        cls.make_place()
        cls.ask("pool-define-as", cls.pool, "dir", "--target", str(cls.place))
        cls.ask("pool-build", cls.pool)
        cls.ask("pool-start", cls.pool)
        cls.addClassCleanup(lambda: [cls.try_to("pool-destroy", cls.pool), cls.try_to("pool-undefine", cls.pool)])

    @classmethod
    def make_place(cls):
        """Before there is a pool, for those that want a directory of their own."""

    @classmethod
    def try_to(cls, *words):
        return subprocess.run(["virsh", "-c", cls.daemon.uri, *words], env={**os.environ, "LC_ALL": "C"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)

    @classmethod
    def ask(cls, *words):
        done = cls.try_to(*words)
        if done.returncode != 0:
            raise AssertionError(f"virsh {' '.join(words)}: {done.stderr}")
        return done.stdout

    def refused(self, pattern, *words):
        done = self.try_to(*words)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertRegex(done.stderr, pattern)

    def volume(self, name, size="8M", *more):
        self.ask("vol-create-as", self.pool, name, size, *more)
        self.addCleanup(self.try_to, "vol-delete", "--pool", self.pool, name)
        return self.place / name

    def random_file(self, name, size):
        path = self.daemon.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path
