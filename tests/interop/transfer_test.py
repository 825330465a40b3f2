"""Whole volumes up and down by virsh and by our own command, full and with holes, through files and pipes: SHA-256 compared.

TRANSFER_MIB is their size, 256 if it is not set.
"""
import contextlib
import hashlib
import os
import shutil
import subprocess
import time
import unittest

from daemon import PROGRAMS
from images import MIB, allocated, full, holey
from storage_bed import StorageBed, digest

SIZE = int(os.environ.get("TRANSFER_MIB", "256")) * MIB
ROOM = 5 * SIZE  # both sources, a volume, a copy, and what file systems are slow to give back
LIMIT = 60 + SIZE // (8 * MIB)  # seconds for one transfer: a guard against hanging


class Virsh:
    INPUT, OUTPUT = "/dev/stdin", "/dev/stdout"

    @staticmethod
    def line(uri, pool, direction, volume, path, sparse):
        return ["virsh", "-q", "-c", uri, f"vol-{direction}", "--pool", pool, volume, path, *(["--sparse"] if sparse else [])]


class Sluice:
    INPUT = OUTPUT = "-"

    @staticmethod
    def line(uri, pool, direction, volume, path, sparse):
        return [PROGRAMS / "sluice", "-c", uri, "--progress", "none", "volume", direction, f"{pool}/{volume}", path,
                *(["--sparse"] if sparse else [])]


class Transfers(StorageBed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.daemon.folder
        if (free := shutil.disk_usage(folder).free) < ROOM:
            raise AssertionError(f"{folder} has {free // MIB} MiB free, {ROOM // MIB} are needed; TMPDIR names another place")
        cls.full, cls.holey = full(folder / "full", SIZE), holey(folder / "holey", SIZE)
        cls.copy = folder / "copy"

    def run_client(self, line, **how):
        done = subprocess.run(line, stderr=subprocess.PIPE, timeout=LIMIT, check=False,
                              **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **how})
        self.assertEqual(0, done.returncode, (line, done.stderr))

    def check_holes(self, image, path):
        """What was a hole takes no room, but for the blocks at its edges and what a file system needs for itself."""
        edges = len(image.extents) * 2 * 4096 + MIB
        self.assertLessEqual(allocated(path), image.data + edges)
        self.assertGreaterEqual(allocated(path), image.data)

    def put(self, image, name):
        """A new volume; for downloads with the image in it already, not by a transfer."""
        path = self.volume(name, f"{SIZE}B", "--allocation", "0")
        if image:
            subprocess.run(["cp", "--sparse=never" if image is self.full else "--sparse=always", image.path, path], check=True)
        return path

    def upload(self, client, image, sparse, pipe):
        path = self.put(None, "disk")
        line = client.line(self.daemon.uri, self.pool, "upload", "disk", client.INPUT if pipe else image.path, sparse)
        with contextlib.ExitStack() as stack:
            how = {}
            if pipe:
                cat = stack.enter_context(subprocess.Popen(["cat", image.path], stdout=subprocess.PIPE))
                how["stdin"] = cat.stdout
            began = time.monotonic()
            self.run_client(line, **how)
            seconds = time.monotonic() - began
        self.assertEqual(SIZE, path.stat().st_size)
        self.assertEqual(image.digest, digest(path))
        if sparse and not pipe:
            self.check_holes(image, path)
        return seconds

    def download(self, client, image, sparse, pipe):
        self.put(image, "disk")
        began = time.monotonic()
        if pipe:
            came = self.through_a_pipe(client.line(self.daemon.uri, self.pool, "download", "disk", client.OUTPUT, sparse))
            seconds = time.monotonic() - began
        else:
            self.addCleanup(self.copy.unlink, missing_ok=True)
            self.run_client(client.line(self.daemon.uri, self.pool, "download", "disk", self.copy, sparse))
            seconds = time.monotonic() - began
            came = digest(self.copy)
            self.assertEqual(SIZE, self.copy.stat().st_size)
            if sparse:
                self.check_holes(image, self.copy)
        self.assertEqual(image.digest, came)
        return seconds

    def through_a_pipe(self, line):
        """The digest of what the client wrote to its output."""
        with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
            came = hashlib.sha256()
            while piece := client.stdout.read(MIB):
                came.update(piece)
            said = client.stderr.read()
            self.assertEqual(0, client.wait(LIMIT), (line, said))
        return came.hexdigest()


def test_of(direction, client, sparse, pipe):
    def test(self):
        image = self.holey if sparse else self.full
        seconds = getattr(self, direction)(client, image, sparse, pipe)
        print(f"    {type(self.daemon).__name__}, {self._testMethodName[5:].replace('_', ' ')}: {SIZE // MIB} MiB in "
              f"{seconds:.1f} s", flush=True)
    return test


for direction in ("upload", "download"):
    for client in (Virsh, Sluice):
        for sparse in (False, True):
            for pipe in (False, True):
                if client is Virsh and sparse and pipe:
                    continue  # virsh looks for holes in its own end, too, and no pipe can be asked for them
                name = f"test_{direction}_by_{client.__name__.lower()}_{'sparse' if sparse else 'raw'}_" \
                       f"{'pipe' if pipe else 'file'}"
                setattr(Transfers, name, test_of(direction, client, sparse, pipe))


if __name__ == "__main__":
    unittest.main()
