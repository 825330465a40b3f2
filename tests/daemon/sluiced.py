"""A private sluiced with machines in memory (or QEMU), and what it must leave behind: nothing."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = pathlib.Path(os.environ.get("SLUICED", ROOT / "build" / "release" / "bin" / "sluiced"))


def until(what, true, limit=60):
    """Waits for a condition; a guard against hanging, not a measurement."""
    deadline = time.monotonic() + limit
    while not (found := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {limit} s")
        time.sleep(0.02)
    return found


def accepts(path):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            return True
        except OSError:
            return False


class Sluiced:
    def __init__(self, *words, folder=None, host="test", wait=True, user=None):
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="sluice-daemon-"))
        if user is not None and self.own_folder:
            os.chown(self.folder, user, user)
        self.state = self.folder / "state"
        self.socket = self.folder / "sock"
        self.log_path = self.folder / "log"
        self.log_file = open(self.log_path, "a")
        self.process = subprocess.Popen(
            [PROGRAM, "--socket", self.socket, "--state-dir", self.state, "--host", host, *words],
            stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file, user=user, group=user,
            extra_groups=[] if user is not None else None)
        if wait:
            until("listening", lambda: self.process.poll() is not None or accepts(self.socket))
            assert self.process.poll() is None, self.log()

    def log(self):
        return self.log_path.read_text()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(60)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.log_file.close()
        if self.own_folder:
            shutil.rmtree(self.folder)
