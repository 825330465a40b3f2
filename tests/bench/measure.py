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
    """Follows processes, and those that `appearing()` names later, every 5 ms, until stopped. A process that ends
    between two looks is counted up to the last one."""

    def __init__(self, named, appearing=lambda: {}):
        self.begin, self.last, self.peak = {}, {}, {}
        self.named, self.appearing = dict(named), appearing
        for name, pid in self.named.items():
            self.begin[pid] = cpu_seconds(pid) or 0
            self.last[pid] = self.begin[pid]
            with contextlib.suppress(OSError):
                forget_peak(pid)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._follow)
        self.began = time.monotonic()
        self.thread.start()

    def _follow(self):
        looks = 0
        while not self.over.wait(0.005):
            if looks % 8 == 0:
                for name, pid in self.appearing().items():
                    if pid not in self.begin:
                        self.named[name], self.begin[pid] = pid, 0
            looks += 1
            self._look()

    def _look(self):
        for name, pid in list(self.named.items()):
            used = cpu_seconds(pid)
            if used is not None:
                self.last[pid] = used
            size = status(pid, "VmHWM")
            if size is not None:
                self.peak[name] = size

    def stop(self):
        """Returns (seconds, CPU seconds, peak MiB by name)."""
        seconds = time.monotonic() - self.began
        self.over.set()
        self.thread.join()
        self._look()
        return seconds, sum(self.last.get(pid, 0) - begin for pid, begin in self.begin.items()), self.peak
