"""Figures for Prometheus: where they are told, to whom, and what they say."""
import http.client
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from sluiced import PROGRAM, ROOT, Sluiced, until
from wire import Client

PAGE = ROOT / "docs/metrics.md"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{({LABEL}(?:,{LABEL})*)\}})? ([0-9.]+(?:e[+-][0-9]+)?)")
HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)")
TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)")


def parsed(text):
    """The kind of each family, and the value of each sample by its name with labels; a line of no grammar is an error."""
    kinds, values, named = {}, {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if found := HELP.fullmatch(line):
            named = found[1]
        elif found := TYPE.fullmatch(line):
            assert found[1] == named and named not in kinds, line
            kinds[named] = found[2]
        else:
            found = SAMPLE.fullmatch(line)
            assert found, f"no line of the format: {line!r}"
            assert found[1] == named and named in kinds, f"not below its family: {line}"
            name = line.rsplit(" ", 1)[0]
            assert name not in values, f"twice: {name}"
            values[name] = float(found[3])
    return kinds, values


class UnixHTTPConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


class Metrics(unittest.TestCase):
    def daemon(self, *words, **how):
        made = Sluiced(*words, **how)
        self.addCleanup(made.end)
        return made

    def telling(self, *words, **how):
        """A daemon that tells figures on a unix socket beside its own."""
        folder = tempfile.mkdtemp(prefix="sluice-metrics-")
        self.addCleanup(shutil.rmtree, folder)
        place = f"{folder}/metrics"
        daemon = self.daemon("--metrics", place, *words, **how)
        return daemon, place

    def asked(self, connection, method="GET", target="/metrics"):
        connection.request(method, target)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer, body

    def figures(self, place):
        answer, body = self.asked(UnixHTTPConnection(place))
        self.assertEqual(200, answer.status, body)
        self.assertEqual("text/plain; version=0.0.4; charset=utf-8", answer.getheader("Content-Type"))
        return parsed(body)

    def refused(self, code, says, *words):
        done = subprocess.run([PROGRAM, "--host", "test", *words], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(code, done.returncode, done.stderr)
        self.assertIn(says, done.stderr)

    def test_counts_calls_and_connections(self):
        daemon, place = self.telling()
        before = self.figures(place)[1]
        self.assertEqual(0, before["sluice_streams_opened_total{direction=\"up\"}"])
        self.assertEqual(1, before['sluice_machines{state="running"}'])
        with Client(daemon.socket) as client:
            client.open()
            now = self.figures(place)[1]
            self.assertEqual(1, now['sluice_connections{transport="unix",protocol="libvirt"}'])
            self.assertGreater(now['sluice_calls_total{program="remote",outcome="well"}'], 0)
        key = 'sluice_connections{transport="unix",protocol="libvirt"}'
        until("its end is counted", lambda: self.figures(place)[1].get(key, 0) == 0)
        after = self.figures(place)[1]
        self.assertGreaterEqual(after['sluice_connections_total{transport="unix"}'], 1)
        self.assertGreaterEqual(after['sluice_calls_total{program="remote",outcome="well"}'],
                                now['sluice_calls_total{program="remote",outcome="well"}'])

    def test_counts_what_breaks_the_protocol(self):
        daemon, place = self.telling()
        with socket.socket(socket.AF_UNIX) as bad:
            bad.connect(str(daemon.socket))
            bad.sendall(b"\0\0\0\x01GET / HTTP/1.1\r\n\r\n")
            self.assertEqual(b"", bad.recv(1))
        until("it is counted", lambda: self.figures(place)[1]["sluice_violations_total"] == 1)

    def test_the_process_is_this_one(self):
        daemon, place = self.telling()
        values = self.figures(place)[1]
        self.assertAlmostEqual(daemon.memory_kib() * 1024, values["process_resident_memory_bytes"], delta=64 << 20)
        self.assertLess(abs(os.stat(f"/proc/{daemon.process.pid}").st_ctime - values["process_start_time_seconds"]), 60)
        self.assertGreater(values["process_open_fds"], 5)

    def test_every_family_is_in_the_page_and_the_page_promises_no_other(self):
        daemon, place = self.telling()
        with Client(daemon.socket) as client:
            client.open()
            kinds = self.figures(place)[0]
        told = dict(re.findall(r"^\| `((?:sluice|process)_[a-z_]+)` \| (counter|gauge) \|", PAGE.read_text(), re.M))
        self.assertEqual(told, kinds)

    def test_nothing_is_told_unless_asked_for(self):
        daemon = self.daemon()
        self.assertNotIn("figures", daemon.log())

    def test_the_socket_is_private_and_goes_with_the_daemon(self):
        daemon, place = self.telling()
        self.assertEqual(0o600, stat.S_IMODE(os.stat(place).st_mode))
        self.assertEqual(0, daemon.stop())
        self.assertFalse(os.path.exists(place))

    def test_a_stale_socket_is_replaced_and_a_living_one_is_not(self):
        folder = tempfile.mkdtemp(prefix="sluice-metrics-")
        self.addCleanup(shutil.rmtree, folder)
        place = f"{folder}/metrics"
        killed = self.daemon("--metrics", place)
        killed.stop(signal.SIGKILL)
        self.assertTrue(os.path.exists(place))
        living = self.daemon("--metrics", place)
        self.figures(place)
        other = tempfile.mkdtemp(prefix="sluice-metrics-")
        self.addCleanup(shutil.rmtree, other)
        self.refused(1, f"cannot listen on '{place}': another process listens there", "--state-dir", other, "--metrics", place)
        self.figures(place)
        self.assertEqual(0, living.stop())

    def test_tcp_of_this_machine_only(self):
        daemon = self.daemon("--metrics", "127.0.0.1:0")
        port = int(re.search(r"figures.*127\.0\.0\.1:(\d+)", daemon.log())[1])
        answer, body = self.asked(http.client.HTTPConnection("127.0.0.1", port, timeout=60))
        self.assertEqual(200, answer.status)
        parsed(body)
        folder = tempfile.mkdtemp(prefix="sluice-metrics-")
        self.addCleanup(shutil.rmtree, folder)
        self.refused(1, f"cannot listen on '127.0.0.1:{port}': Address already in use",
                     "--state-dir", folder, "--metrics", f"127.0.0.1:{port}")
        self.refused(1, "only addresses of this machine are allowed, and '0.0.0.0' is none",
                     "--state-dir", folder, "--metrics", "0.0.0.0:9000")
        self.refused(2, "its port is missing", "--state-dir", folder, "--metrics", "127.0.0.1")
        self.refused(2, "clients are served there", "--state-dir", folder, "--metrics", f"{folder}/sluice-sock")

    def test_other_requests_are_answered_and_change_nothing(self):
        daemon, place = self.telling()
        for method, target, status in (("GET", "/", 404), ("POST", "/metrics", 405), ("HEAD", "/metrics", 405),
                                       ("GET", "/" + "a" * 9000, 431)):
            self.assertEqual(status, self.asked(UnixHTTPConnection(place), method, target)[0].status)
        for garbage in (b"\r\n\r\n", b"\0" * 100, os.urandom(4096) + b"\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\xff\xff\r\n\r\n"):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(place)
                client.sendall(garbage)
                client.shutdown(socket.SHUT_WR)
                said = b""
                while part := client.recv(65536):
                    said += part
                self.assertRegex(said, rb"^HTTP/1\.1 4\d\d ")
        self.figures(place)
        self.assertIsNone(daemon.process.poll())

    def test_those_who_stand_around_do_not_keep_it_from_ending(self):
        daemon, place = self.telling()
        idle = []
        for _ in range(30):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.connect(place)
            idle.append(client)
        with Client(daemon.socket) as client:
            client.open()
        self.assertEqual(0, daemon.stop())
        self.assertFalse(os.path.exists(place))


if __name__ == "__main__":
    unittest.main()
