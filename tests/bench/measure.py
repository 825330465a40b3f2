"""Seconds, CPU seconds and peak memory of a transfer, seen from outside through /proc."""
import contextlib
import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process that is still there, or None."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    except (OSError, IndexError):
        return None


def status(pid, key):
    """A size of /proc/PID/status in MiB, or None."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) / 1024
    return None


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


class Watch:
    """Follows processes until stopped. Those that end meanwhile are counted up to the last look, so who has the exact
    figures of one (its parent, by wait4) hands them to `ended`."""

    INTERVAL = 0.025  # often enough for one that ends, and too rarely to be felt by those that are measured

    def __init__(self, named):
        self.begin, self.last, self.peak = {}, {}, {}
        self.named = dict(named)
        for name, pid in self.named.items():
            self.begin[pid] = cpu_seconds(pid) or 0
            self.last[pid] = self.begin[pid]
            with contextlib.suppress(OSError):
                forget_peak(pid)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._follow)
        self.began = time.monotonic()
        self.seconds = None
        self.thread.start()

    def _follow(self):
        while not self.over.wait(self.INTERVAL):
            for pid in list(self.begin):
                used = cpu_seconds(pid)
                if used is not None:
                    self.last[pid] = used

    def ended(self, name, used):
        """A child of ours that began with the watch: its rusage. The clock stops with it."""
        self.seconds = time.monotonic() - self.began
        pid = self.named.pop(name)
        self.begin.pop(pid)
        self.begin[name], self.last[name] = 0, used.ru_utime + used.ru_stime
        self.peak[name] = used.ru_maxrss / 1024

    def appeared(self, name, pid):
        """One that began during the watch and is still there."""
        self.named[name], self.begin[pid], self.last[pid] = pid, 0, 0

    def stop(self):
        """Returns (seconds, CPU seconds, peak MiB by name)."""
        seconds = self.seconds or time.monotonic() - self.began
        self.over.set()
        self.thread.join()
        for name, pid in self.named.items():
            used, size = cpu_seconds(pid), status(pid, "VmHWM")
            if used is not None:
                self.last[pid] = used
            if size is not None:
                self.peak[name] = size
        return seconds, sum(self.last[who] - begin for who, begin in self.begin.items()), self.peak
