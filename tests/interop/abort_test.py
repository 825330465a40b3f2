"""Transfers that end at random bytes because the client aborts them or the daemon's disk fails, with libvirt's library and
ours: each time the same connection answers the next call, and the next transfers bring equal bytes."""
import subprocess
import unittest

from abort_bed import SIZE, AbortBed
from daemon import PROGRAMS, Libvirtd
from stream_clients import LibvirtClient, SluiceClient


class Aborts(AbortBed):
    def abort(self, client, direction, point):
        client.open(direction, 0, 0)
        client.move(point)
        client.abort()

    def test_aborts_of_libvirts_client(self):
        self.each(LibvirtClient, self.abort)

    def test_aborts_of_our_client(self):
        self.each(SluiceClient, self.abort)


class FailingDisk(AbortBed):
    """No daemon but Sluice's can be asked to cancel a stream; what ends one at libvirtd's side is a disk."""

    @classmethod
    def make_place(cls):
        behind = cls.daemon.folder / "behind"
        for folder in (behind, cls.place):
            folder.mkdir()
        cls.disk = subprocess.Popen([PROGRAMS / "slow-disk", behind, cls.place], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end_disk)
        if cls.disk.stdout.readline() != f"mounted {cls.place}\n":
            raise AssertionError("the disk of the tests cannot be mounted")

    @classmethod
    def end_disk(cls):
        cls.disk.terminate()
        cls.disk.communicate(timeout=60)

    def break_at(self, byte):
        self.disk.stdin.write(f"--eio-at {byte}\n")
        self.disk.stdin.flush()
        self.assertEqual("ok\n", self.disk.stdout.readline())

    def fail(self, client, direction, point):
        self.break_at(point)
        try:
            # The first bytes are looked at when a stream is opened: they say which format the image has.
            why = client.refusal(direction) or client.failure(SIZE)
        finally:
            self.break_at("off")
        self.assertIn("Input/output error", why)
        if isinstance(self.daemon, Libvirtd):
            self.ask("pool-refresh", self.pool)  # it looks at volumes after an upload, and forgot one that it could not read

    def test_failures_seen_by_libvirts_client(self):
        self.each(LibvirtClient, self.fail)

    def test_failures_seen_by_our_client(self):
        self.each(SluiceClient, self.fail)


if __name__ == "__main__":
    unittest.main()
