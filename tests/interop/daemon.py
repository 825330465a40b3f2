"""A private sluiced with a guest's files beside it, for tests with real clients.

Under tests/with-libvirtd it is libvirtd instead: what the tests expect must hold there, too. With SLUICE_OVER=tls in the
environment clients come over TLS to either; with SLUICE_OVER=sasl they have to log in there, too, by SCRAM-SHA-256.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / "build" / "release" / "bin"


def until(what, true, limit=90):
    """Waits for a condition; a guard against hanging, not a measurement."""
    deadline = time.monotonic() + limit
    while not (found := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {limit} s")
        time.sleep(0.05)
    return found


def made():
    if "LIBVIRTD_SOCKET" in os.environ:
        return Libvirtd()
    return {"tls": SecuredSluiced, "sasl": LoginSluiced}.get(os.environ.get("SLUICE_OVER"), Sluiced)()


class Daemon:
    """What both have: a directory with a guest, a URI, and names of machines to be gone in the end."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-interop-"))
        self.folder.chmod(0o755)  # QEMU runs as its own user and must find the guest's files
        files = subprocess.run([ROOT / "tests/guest/make"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1]
        for name in ("vmlinuz", "initramfs"):
            shutil.copy(pathlib.Path(files) / name, self.folder)
        self.names = []

    def xml(self, name, memory=96):
        """A definition, to be started or not; whatever runs under it is destroyed in the end."""
        self.names.append(name)
        return f"""<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid.uuid5(uuid.NAMESPACE_DNS, name)}</uuid>
  <title>Guest {name}</title>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{self.folder}/vmlinuz</kernel>
    <initrd>{self.folder}/initramfs</initrd>
    <cmdline>console=ttyS0 quiet</cmdline>
  </os>
  <features><acpi/></features>
  <devices><serial type='pty'/></devices>
</domain>
"""

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)


class Libvirtd(Daemon):
    def __init__(self):
        super().__init__()
        self.uri = os.environ["LIBVIRTD_URI"]

    def end(self):
        for name in self.names:
            for verb in ("destroy", "undefine"):
                subprocess.run(["virsh", "-c", self.uri, verb, name], capture_output=True, check=False)
        shutil.rmtree(self.folder)


class Sluiced(Daemon):
    def __init__(self, host="qemu"):
        super().__init__()
        self.host, self.more = host, []
        self.socket = self.folder / "sock"
        self.uri = f"qemu+unix:///system?socket={self.socket}"
        self.process = None
        self.prepare()
        self.start()

    def prepare(self):
        """Before it starts."""

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen([PROGRAMS / "sluiced", "--host", self.host, "--socket", self.socket,
                                             "--state-dir", self.folder / "state", *self.more], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until("an answer of sluiced", lambda: self.ask("list").returncode == 0)

    def ask(self, *words):
        """One command of our own client."""
        return subprocess.run([PROGRAMS / "sluice", "-c", self.uri, *words], capture_output=True, text=True, timeout=60,
                              check=False)

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)

    def end(self):
        for name in self.names:
            self.ask("destroy", name)
        code = self.stop()
        log = (self.folder / "log").read_text()
        shutil.rmtree(self.folder)
        if code != 0:
            raise AssertionError(f"sluiced ended with {code}:\n{log[-3000:]}")


class SecuredSluiced(Sluiced):
    """With TLS, and certificates for both sides."""

    def prepare(self):
        sys.path.append(str(ROOT / "tests/laboratory"))
        from certificates import put_all
        pki = self.folder / "pki"
        pki.mkdir()
        put_all(pki)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.more = ["--tls", f"127.0.0.1:{port}", "--pki", pki]
        self.uri = f"qemu+tls://localhost:{port}/system?pkipath={pki}"


class LoginSluiced(SecuredSluiced):
    """With TLS without certificates of clients, who log in."""

    def prepare(self):
        super().prepare()
        from sasl import PASSWORD, USER, put_answers, put_passwords
        secrets = self.folder / "sasl"
        secrets.mkdir(mode=0o700)
        put_passwords(secrets, "sluice", **{USER: PASSWORD})
        for name in ("clientcert.pem", "clientkey.pem"):
            (self.folder / "pki" / name).unlink()
        self.more += ["--tls-auth", "sasl", "--sasl-conf", secrets, "--sasl-mechanisms", "SCRAM-SHA-256"]
        self.uri += f"&authfile={put_answers(secrets / 'auth.conf')}"
