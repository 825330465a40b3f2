"""What a transfer does to the figures of a daemon."""
import http.client
import os
import re
import socket
import subprocess
import unittest

from place import PoolPlace, until

SIZE = 8 << 20


class Figures(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


class Metrics(PoolPlace):
    def start_daemon(self, *more):
        super().start_daemon("--metrics", self.directory / "metrics", *more)

    def figures(self):
        connection = Figures(self.directory / "metrics")
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        self.assertEqual(200, answer.status)
        text = answer.read().decode()
        connection.close()
        return {name: float(value) for name, value in re.findall(r"^(\w.*) (\S+)$", text, re.M)}

    def test_an_upload_and_a_download_change_the_figures(self):
        self.well("volume", "create", "pool/disk", "--capacity", str(SIZE))
        before = self.figures()
        content = os.urandom(SIZE)
        process = self.started("volume", "upload", "pool/disk", "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        process.stdin.write(content)
        process.stdin.flush()
        bytes_in, bytes_out = ('sluice_stream_bytes_total{direction="%s"}' % way for way in ("in", "out"))
        opened = 'sluice_streams_opened_total{direction="up"}'
        until(lambda: process.poll() is not None or self.figures()[bytes_in] == before[bytes_in] + SIZE, "all came")
        self.assertIsNone(process.poll())
        during = self.figures()
        self.assertEqual(1, during['sluice_streams_open{operation="storage_vol_upload",direction="up"}'])
        self.assertEqual(before[opened] + 1, during[opened])
        self.assertEqual(1, sum(number for name, number in during.items() if name.startswith("sluice_streams_waiting")))
        self.assertGreater(during["sluice_disk_work_total"], before["sluice_disk_work_total"])
        process.stdin.close()
        self.assertEqual(0, process.wait(60))

        finished = 'sluice_streams_ended_total{direction="up",outcome="finished"}'
        until(lambda: self.figures()[finished] == before[finished] + 1, "its end is counted")
        self.assertEqual(content, self.well_bytes("volume", "download", "pool/disk", "-"))
        after = self.figures()
        self.assertEqual(before[bytes_in] + SIZE, after[bytes_in])
        self.assertEqual(before[bytes_out] + SIZE, after[bytes_out])
        self.assertNotIn('sluice_streams_open{operation="storage_vol_upload",direction="up"}', after)
        for name, number in before.items():
            if re.match(r"\w+_total\b", name):
                self.assertGreaterEqual(after[name], number, f"{name} went back")

    def test_a_cancelled_stream_is_counted_so(self):
        self.well("volume", "create", "pool/disk", "--capacity", str(SIZE))
        process = self.started("volume", "upload", "pool/disk", "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        until(lambda: self.well("streams", "--json") != "[]\n", "the stream is there")
        number = re.search(r'"id": ?(\d+)', self.well("streams", "--json"))[1]
        self.well("cancel", number)
        process.stdin.close()
        self.assertNotEqual(0, process.wait(60))
        cancelled = 'sluice_streams_ended_total{direction="up",outcome="cancelled"}'
        until(lambda: self.figures()[cancelled] == 1, "its end is counted")
        self.assertEqual(1, self.figures()['sluice_errors_total{code="operation_aborted"}'])

    def well_bytes(self, *arguments):
        done = self.sluice(*arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout


if __name__ == "__main__":
    unittest.main()
