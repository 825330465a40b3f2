"""What the comparison stands on: a private sluiced, the private libvirtd of tests/with-libvirtd, and a pool that both have.

Both daemons serve the same files of the same directory, so that none finds its memory warmer than the other does.
"""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from measure import Watch, status

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # the one that Debian's libvirt binding is for


class Unanswered(RuntimeError):
    """A client that was not done within its limit."""


LIMIT = 180  # seconds, until a client that hangs is ended
GIB = 1 << 30
POOL = "bench"


def touch_memory(size):
    """Has the host give memory for files that are about to be written anew; in a process of its own, as in save_restore."""
    touch = "m = mmap.mmap(-1, int(sys.argv[1])); m.madvise(mmap.MADV_HUGEPAGE); m[::4096] = bytes(len(m) // 4096)"
    subprocess.run([sys.executable, "-S", "-E", "-c", f"import mmap, sys; {touch}", str(size)], check=True, timeout=LIMIT)


class Sluice:
    """One client on one transport."""

    STDOUT = "-"

    def __init__(self, name, programs, uri, pid):
        self.name, self.uri, self.pid, self.daemon = name, uri, pid, "sluiced"
        self.program = os.path.join(programs, "sluice")

    def ask(self, *words):
        subprocess.run([self.program, "-c", self.uri, *words], check=True, stdout=subprocess.DEVNULL, timeout=LIMIT)

    def at(self, uri):
        return Sluice(self.name, os.path.dirname(self.program), uri, self.pid)

    def download(self, volume, path):
        return [self.program, "-c", self.uri, "--progress", "none", "volume", "download", f"{POOL}/{volume}", path]

    def upload(self, volume, path, pool=POOL):
        return [self.program, "-c", self.uri, "--progress", "none", "volume", "upload", f"{pool}/{volume}", path]

    def add_pool(self, xml, name):
        self.ask("pool", "define", str(xml))
        self.ask("pool", "start", name)

    def remove_pool(self, name):
        self.ask("pool", "destroy", name)
        self.ask("pool", "undefine", name)

    def run_paused(self, xml, name):
        self.ask("define", str(xml))
        self.ask("start", name, "--paused")


class Virsh:
    STDOUT = "/dev/stdout"

    def __init__(self, uri, pid):
        self.name, self.uri, self.pid, self.daemon = "virsh", uri, pid, "libvirtd"

    def ask(self, *words):
        subprocess.run(["virsh", "-q", "-c", self.uri, *words], check=True, stdout=subprocess.DEVNULL, timeout=LIMIT)

    def at(self, uri):
        return Virsh(uri, self.pid)

    def download(self, volume, path):
        return ["virsh", "-q", "-c", self.uri, "vol-download", "--pool", POOL, volume, path]

    def upload(self, volume, path, pool=POOL):
        return ["virsh", "-q", "-c", self.uri, "vol-upload", "--pool", pool, volume, path]

    def add_pool(self, xml, name):
        self.ask("pool-define", str(xml))
        self.ask("pool-start", name)

    def remove_pool(self, name):
        self.ask("pool-destroy", name)
        self.ask("pool-undefine", name)

    def run_paused(self, xml, name):
        self.ask("define", str(xml))
        self.ask("start", name, "--paused")


class Caller:
    """A program that speaks caller.py's words to one of the daemons."""

    def __init__(self, name, line, way):
        self.name, self.line, self.way, self.uri, self.pid, self.daemon = name, line, way, way.uri, way.pid, way.daemon


class Bed:
    def __init__(self, programs, directory, size, with_virsh):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-compare-", dir=directory))
        self.folder.chmod(0o755)
        self.images, self.size, self.programs = self.folder / "images", size, programs
        self.children, self.daemon = [], None
        try:
            self._files()
            self._sluiced(programs)
            self.virsh = self._libvirtd() if with_virsh else None
            self.virsh_tls = self._over_tls() if with_virsh else None
            self.callers = self._callers(programs)
            self.idle = {way.daemon: status(way.pid, "VmRSS") for way in self.ways()}  # MiB
        except BaseException:
            self.end()
            raise

    def _files(self):
        """`down` is read, `up` is written over, `small` is for many streams; `source` is the file that is sent."""
        self.images.mkdir()
        self.source, self.target = self.folder / "source", self.folder / "target"
        with open(self.images / "down", "wb") as down, open(self.images / "up", "wb") as up:
            for _ in range(self.size >> 24):
                block = os.urandom(1 << 24)
                down.write(block)
                up.write(bytes(len(block)))
        os.link(self.images / "down", self.source)
        (self.images / "small").write_bytes(os.urandom(1 << 20))
        self.pool_xml = self.pool_of(POOL, self.images)

    def pool_of(self, name, place):
        xml = self.folder / f"{name}.xml"
        xml.write_text(f"<pool type='dir'><name>{name}</name><target><path>{place}</path></target></pool>")
        return xml

    def _sluiced(self, programs):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.socket = f"{self.folder}/sock"
        self.sluice = Sluice("sluice", programs, f"qemu+unix:///system?socket={self.socket}", None)
        self.sluice_tcp = Sluice("sluice tcp", programs, f"qemu+tcp://127.0.0.1:{self.port}/system", None)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.tls_port = probe.getsockname()[1]
        self.pki = self.folder / "pki"
        self.pki.mkdir()
        subprocess.run([PYTHON, "-B", HERE.parent / "laboratory/certificates.py", self.pki], check=True)
        uri = f"qemu+tls://localhost:{self.tls_port}/system?pkipath={self.pki}"
        self.sluice_tls = Sluice("sluice tls", programs, uri, None)
        self.sluice_tls.port, self.sluice_tls.pki = self.tls_port, self.pki
        self._start(os.path.join(programs, "sluiced"))
        self.sluice.add_pool(self.pool_xml, POOL)

    def _start(self, program):
        with open(self.folder / "log", "a") as log:
            self.daemon = subprocess.Popen(
                [program, "--socket", self.socket, "--tcp", f"127.0.0.1:{self.port}",
                 "--tls", f"127.0.0.1:{self.tls_port}", "--pki", str(self.pki), "--state-dir",
                 str(self.folder / "state"), "--log-level", "warning"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        self.sluice.pid = self.sluice_tcp.pid = self.sluice_tls.pid = self.daemon.pid
        deadline = time.monotonic() + 30
        while subprocess.run([self.sluice.program, "-c", self.sluice.uri, "list"], capture_output=True, check=False,
                             timeout=LIMIT).returncode:
            if time.monotonic() > deadline or self.daemon.poll() is not None:
                raise RuntimeError("sluiced does not answer: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def renew(self):
        """Another sluiced, for parts that measure what it grows by: a used one would have that at hand. (tests/with-libvirtd
        owns the libvirtd.)"""
        program = self.daemon.args[0]
        self._end_daemon()
        self._start(program)
        self.sluice.ask("pool", "start", POOL)
        for caller in self.callers:
            if caller.daemon == self.sluice.daemon:
                caller.pid = self.daemon.pid
        self.idle[self.sluice.daemon] = status(self.daemon.pid, "VmRSS")

    def _libvirtd(self):
        self.libvirtd_socket = os.environ["LIBVIRTD_SOCKET"]
        virsh = Virsh(f"qemu+unix:///system?socket={self.libvirtd_socket}", int(os.environ["LIBVIRTD_PID"]))
        virsh.add_pool(self.pool_xml, POOL)
        return virsh

    def _over_tls(self):
        """The same libvirtd, with certificates of its own laboratory."""
        uri = os.environ["LIBVIRTD_URI"]
        if not uri.startswith("qemu+tls://"):
            return None
        virsh = Virsh(uri, self.virsh.pid)
        virsh.name, virsh.port, virsh.pki = "virsh tls", int(uri.split(":")[2].split("/")[0]), uri.partition("pkipath=")[2]
        return virsh

    def _callers(self, programs):
        """libvirt's client library toward both daemons, and both ends Sluice's, if the build has that program."""
        own = os.path.join(programs, "bench_caller")
        return [*([Caller("sluice", [own], self.sluice)] if os.path.exists(own) else []),
                *(Caller(way.daemon, [PYTHON, "-E", HERE / "caller.py"], way) for way in self.ways())]

    def ways(self):
        """Both, with the same transport."""
        return [way for way in (self.sluice, self.virsh) if way]

    def child(self, line, **how):
        """A process that is gone in the end, whatever happens. Ctrl-C is for us alone: we end the others."""
        process = subprocess.Popen([str(word) for word in line],
                                   **{"stdin": subprocess.DEVNULL, "start_new_session": True, **how})
        self.children.append(process)
        return process

    def helper(self, script, *words, **how):
        return self.child([PYTHON, "-E", HERE / script, *words], stdout=subprocess.PIPE, text=True, **how)

    def caller(self, caller, volume, *words, **how):
        return self.child([*caller.line, caller.uri, volume, *words], stdout=subprocess.PIPE, text=True, **how)

    def client(self, way, line, limit=LIMIT, **how):
        """Runs a client to its end: its seconds, and the CPU seconds of it and its daemon."""
        late = threading.Event()

        def end():
            late.set()
            process.kill()

        process = self.child(line, stderr=subprocess.PIPE, **{"stdout": subprocess.DEVNULL, **how})
        watch = Watch({way.daemon: way.pid, "client": process.pid})
        timer = threading.Timer(limit, end)
        timer.start()
        try:
            said = process.stderr.read().decode(errors="replace")  # small; no progress is asked for
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            watch.ended("client", used)
        finally:
            timer.cancel()
            seconds, cpu, peak = watch.stop()
        self.children.remove(process)
        if process.returncode != 0:
            kind = Unanswered if late.is_set() else RuntimeError
            raise kind(f"{' '.join(line)} ended with {process.returncode} after {seconds:.0f} s: {said}")
        return {"seconds": seconds, "cpu": cpu, "peak_mib": peak}

    def over(self, process, limit=LIMIT):
        """What a helper printed last."""
        said = process.communicate(timeout=limit)[0]
        self.children.remove(process)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(process.args)} ended with {process.returncode}")
        return said.strip().rpartition("\n")[2]

    def stop(self, process):
        """Ends a helper or client that would go on."""
        process.kill()
        process.wait(30)
        if process in self.children:
            self.children.remove(process)

    def _end_daemon(self):
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait(30)

    def end(self):
        for process in list(self.children):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self.stop(process)
        if self.daemon:
            self._end_daemon()
        shutil.rmtree(self.folder, ignore_errors=True)
