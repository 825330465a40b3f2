"""A private sluiced with a host of memory, and the command run against it."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("BUILD", "build/release")).resolve()
SLUICE = BUILD / "bin/sluice"
SLUICED = BUILD / "bin/sluiced"
PATIENCE = 60  # seconds; a guard against hanging, never a measure


def until(true, what, patience=PATIENCE):
    """Waits for what must come true soon."""
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        os.sched_yield()


class Place(unittest.TestCase):
    """A directory of its own, with a daemon in it."""

    HOST = "test"

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-cli-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.socket = self.directory / "sock"
        self.uri = f"qemu+unix:///system?socket={self.socket}"
        self.work = self.directory / "work"
        self.work.mkdir()
        self.start_daemon()
        self.addCleanup(self.end_daemon)

    def start_daemon(self, *more):
        with open(self.directory / "log", "wb") as log:
            self.daemon = subprocess.Popen(
                [SLUICED, "--host", self.HOST, "--socket", self.socket, "--state-dir", self.directory / "state",
                 *more], stdout=log, stderr=log)
        until(lambda: self.daemon.poll() is not None or self.sluice("list").returncode == 0, "sluiced answers")
        self.assertIsNone(self.daemon.poll(), (self.directory / "log").read_text())

    def end_daemon(self):
        self.daemon.send_signal(signal.SIGCONT)
        self.daemon.terminate()
        try:
            self.daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
            raise

    def environment(self, **more):
        kept = {key: value for key, value in os.environ.items() if key not in ("SLUICE_URI", "NO_COLOR", "DISPLAY")}
        return {**kept, "SLUICE_URI": self.uri, "LC_ALL": "C.UTF-8", **more}

    def command(self, *arguments):
        return [str(SLUICE), *map(str, arguments)]

    def sluice(self, *arguments, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            del options["stdin"]
        return subprocess.run(self.command(*arguments), env=env or self.environment(), cwd=self.work, timeout=PATIENCE,
                              capture_output=not ("stdout" in options or "stderr" in options), check=False, **options)

    def started(self, *arguments, **options):
        """The command, running."""
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(self.command(*arguments), env=self.environment(), cwd=self.work, **options)
        self.addCleanup(self.reap, process)
        return process

    @staticmethod
    def reap(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()

    def well(self, *arguments, **options):
        """Runs the command, which must go well; its output as text."""
        done = self.sluice(*arguments, **options)
        self.assertEqual(0, done.returncode, (arguments, done.stderr))
        return (done.stdout or b"").decode()

    def refused(self, code, says, *arguments, **options):
        """Runs the command, which must fail with this code and say why in one line."""
        done = self.sluice(*arguments, **options)
        said = done.stderr.decode()
        self.assertEqual(code, done.returncode, said)
        self.assertIn(says, said)
        return said

    def state(self, machine="test"):
        import json
        return json.loads(self.well("info", machine, "--json"))["state"]

    def names(self):
        return sorted(path.name for path in self.work.iterdir())


class PoolPlace(Place):
    """The same on the host that has disks, which needs no QEMU for them; with a pool that is started."""

    HOST = "qemu"

    def setUp(self):
        super().setUp()
        self.place = self.directory / "pool"
        (self.directory / "pool.xml").write_text(
            f"<pool type='dir'><name>pool</name><target><path>{self.place}</path></target></pool>")
        self.well("pool", "define", self.directory / "pool.xml")
        self.well("pool", "start", "pool", "--build")

    def over_tcp(self):
        """The daemon begun again, with a port; the URI of that."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.end_daemon()
        self.start_daemon("--tcp", f"127.0.0.1:{port}")
        self.well("pool", "start", "pool")
        return f"qemu+tcp://127.0.0.1:{port}/system"
