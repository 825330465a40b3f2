"""Transfers that somebody else cancels at random bytes, with libvirt's library and ours: what abort_test expects holds, and
the client is told who did it and why."""
import json
import subprocess
import unittest

from abort_bed import SIZE, AbortBed
from daemon import PROGRAMS
from stream_clients import LibvirtClient, SluiceClient


class Cancels(AbortBed):
    def cancel(self, client, direction, point):
        client.open(direction, 0, 0)
        client.move(point)
        self.sluice("cancel", self.only_stream(), "--reason", "a test")
        self.assertRegex(client.failure(SIZE - point), r"cancelled by unix, uid \d+, pid \d+: a test")

    def sluice(self, *words):
        return subprocess.run([PROGRAMS / "sluice", "-c", self.daemon.uri, *map(str, words)], capture_output=True, text=True,
                              timeout=60, check=True).stdout

    def only_stream(self):
        found = json.loads(self.sluice("streams", "--json"))
        self.assertEqual(1, len(found), found)
        return found[0]["id"]

    def test_cancels_seen_by_libvirts_client(self):
        self.each(LibvirtClient, self.cancel)

    def test_cancels_seen_by_our_client(self):
        self.each(SluiceClient, self.cancel)


if __name__ == "__main__":
    unittest.main()
