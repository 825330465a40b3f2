"""Three ways to save a guest into a file and to restore it: sluice, virsh, and the bare limit that no manager beats."""
import contextlib
import os
import pathlib
import subprocess
import time

from measure import Watch, status
from qmp import Monitor


def qemu_of(guest):
    """The pid of the QEMU whose guest has this name."""
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if b"qemu-system" in words[0] and any(w in (guest.name.encode(), b"guest=" + guest.name.encode())
                                                  or w.startswith(b"guest=" + guest.name.encode() + b",")
                                                  for w in words):
                return int(entry.parent.name)
    return None


def client(line, watched, guest, name):
    """Runs a client to its end and measures it together with its daemon and the guest's QEMU."""
    known = dict(watched)
    if pid := qemu_of(guest):
        known["qemu"] = pid
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = Watch({**known, name: process.pid})
    said = process.stderr.read().decode(errors="replace")  # small; no progress is asked for
    _, status_word, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status_word)
    watch.ended(name, used)
    if "qemu" not in known and (pid := qemu_of(guest)):
        watch.appeared("qemu", pid)
    figures = watch.stop()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(line)} ended with {process.returncode}: {said}")
    return figures


class Sluice:
    name = "sluice"

    def __init__(self, guest, folder, programs):
        self.guest, self.program = guest, os.path.join(programs, "sluice")
        place = os.path.join(folder, "sluiced")
        os.makedirs(place)
        self.uri = f"qemu+unix:///system?socket={place}/sock"
        self.daemon = subprocess.Popen([os.path.join(programs, "sluiced"), "--socket", f"{place}/sock", "--state-dir",
                                        f"{place}/state"], stdout=subprocess.DEVNULL, stderr=open(f"{place}/log", "w"))
        self.watched = {"sluiced": self.daemon.pid}
        deadline = time.monotonic() + 30
        while subprocess.run([self.program, "-c", self.uri, "list"], capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError("sluiced does not answer")
            time.sleep(0.05)

    def start(self):
        xml = self.guest.log + ".xml"
        pathlib.Path(xml).write_text(self.guest.xml())
        subprocess.run([self.program, "-c", self.uri, "define", xml], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([self.program, "-c", self.uri, "start", self.guest.name], check=True, stdout=subprocess.DEVNULL)

    def idle(self):
        """Sizes while a console is open, through which next to nothing moves: a list is over before it can be looked at."""
        with subprocess.Popen([self.program, "-c", self.uri, "console", self.guest.name], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as console:
            time.sleep(1)
            sizes = {"sluice": status(console.pid, "VmHWM"), "sluiced": status(self.daemon.pid, "VmHWM")}
            console.terminate()
        return sizes

    def save(self, path):
        return client([self.program, "-c", self.uri, "save", "--progress", "none", self.guest.name, path], self.watched,
                      self.guest, "sluice")

    def restore(self, path):
        return client([self.program, "-c", self.uri, "restore", "--progress", "none", path], self.watched, self.guest,
                      "sluice")

    def end(self):
        subprocess.run([self.program, "-c", self.uri, "destroy", self.guest.name], check=False, capture_output=True)
        self.daemon.terminate()
        self.daemon.wait(30)


class Virsh:
    name = "virsh"

    def __init__(self, guest):
        self.guest = guest
        self.line = ["virsh", "-q", "-c", f"qemu+unix:///system?socket={os.environ['LIBVIRTD_SOCKET']}"]
        self.watched = {"libvirtd": int(os.environ["LIBVIRTD_PID"])}

    def start(self):
        xml = self.guest.log + ".xml"
        pathlib.Path(xml).write_text(self.guest.xml())
        subprocess.run([*self.line, "define", xml], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*self.line, "start", self.guest.name], check=True, stdout=subprocess.DEVNULL)

    def save(self, path):
        return client([*self.line, "save", self.guest.name, path], self.watched, self.guest, "virsh")

    def restore(self, path):
        return client([*self.line, "restore", path], self.watched, self.guest, "virsh")

    def end(self):
        subprocess.run([*self.line, "destroy", self.guest.name], check=False, capture_output=True)


class Limit:
    """QEMU alone, migrating to a unix socket whose reader writes a file and syncs it; and back."""

    name = "limit"

    def __init__(self, guest, folder):
        self.guest, self.folder, self.qemu = guest, folder, None
        self.copier = str(pathlib.Path(__file__).parent / "copier.py")

    def _launch(self, *more):
        monitor = os.path.join(self.folder, "limit.monitor")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(monitor)
        self.qemu = subprocess.Popen(
            ["qemu-system-x86_64", "-name", f"guest={self.guest.name}", "-machine", "pc", "-accel", "tcg", "-m",
             str(self.guest.mib), "-nodefaults", "-no-user-config", "-display", "none", "-kernel", self.guest.kernel,
             "-initrd", self.guest.initrd, "-append", self.guest.command_line, "-chardev",
             f"pty,id=serial,logfile={self.guest.log},logappend=on", "-device", "isa-serial,chardev=serial", "-qmp",
             f"unix:{monitor},server=on,wait=off", *more], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return monitor

    def start(self):
        self.monitor = Monitor(self._launch())

    def _copier(self, *words):
        return subprocess.Popen(["/usr/bin/python3", "-S", "-E", self.copier, *words], stdout=subprocess.PIPE)

    def save(self, path):
        place = os.path.join(self.folder, "limit.migration")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place)
        copier = self._copier("receive", place, path)
        copier.stdout.readline()  # it listens
        watch = Watch({"copier": copier.pid, "qemu": self.qemu.pid})
        self.monitor.ask("stop")
        self.monitor.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 60})
        self.monitor.ask("migrate", uri=f"unix:{place}")
        self.monitor.until_migrated()
        if copier.wait(60) != 0:
            raise RuntimeError("the reader of the migration failed")
        figures = watch.stop()
        self.monitor.ask("quit")
        self.monitor.close()
        self.qemu.wait(30)
        return figures

    def restore(self, path):
        place = os.path.join(self.folder, "limit.migration")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place)
        copier = self._copier("send", place, path)
        copier.stdout.readline()
        watch = Watch({"copier": copier.pid})
        monitor = self._launch("-S", "-incoming", f"unix:{place}")
        watch.appeared("qemu", self.qemu.pid)
        self.monitor = Monitor(monitor)
        self.monitor.until_migrated()
        self.monitor.ask("cont")
        figures = watch.stop()
        copier.wait(60)
        return figures

    def end(self):
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait(30)
