"""A disk with faults (tests/slow-disk), mounted in a directory of its own for one test."""
import os
import select
import subprocess
import time

from place import BUILD, PATIENCE

PROGRAM = BUILD / "bin/slow-disk"


class SlowDisk:
    def __init__(self, test, directory, *options):
        self.files = directory / "disk-files"  # what is on it, seen past its faults
        self.mountpoint = directory / "disk"
        self.files.mkdir()
        self.mountpoint.mkdir()
        self.heard, self.hanging = b"", []
        self.process = subprocess.Popen([PROGRAM, *options, self.files, self.mountpoint], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        test.addCleanup(self.end)
        assert self.line().startswith("mounted ")

    def line(self):
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.heard:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"the disk said nothing within {PATIENCE} s")
            some = os.read(self.process.stdout.fileno(), 4096)
            if not some:
                raise AssertionError("the disk has ended")
            self.heard += some
        line, self.heard = self.heard.split(b"\n", 1)
        return line.decode()

    def set(self, *options):
        """Changes its faults: it has them when this returns."""
        self.process.stdin.write(" ".join(options).encode() + b"\n")
        self.process.stdin.flush()
        while (said := self.line()) != "ok":
            assert said.startswith("hangs "), said
            self.hanging.append(said)

    def wait_until_hangs(self, operation, count=1):
        """So many operations of this kind have begun to hang."""
        def begun():
            return sum(said.startswith(f"hangs {operation}") for said in self.hanging)
        while begun() < count:
            self.hanging.append(self.line())

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
