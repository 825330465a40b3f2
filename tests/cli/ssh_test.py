"""A daemon through ssh, with a real sshd of our own on this machine."""
import getpass
import hashlib
import os
import pathlib
import socket
import struct
import subprocess
import threading
import unittest

from place import SLUICE, PoolPlace, until
from wire import AUTH_LIST, REMOTE


class SshPlace(PoolPlace):
    def setUp(self):
        super().setUp()
        self.local = self.uri
        self.ssh = self.directory / "ssh"
        self.ssh.mkdir(0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.ssh / name], check=True)
        (self.ssh / "authorized").write_bytes((self.ssh / "user.pub").read_bytes())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.ssh / "server").write_text(f"""
ListenAddress 127.0.0.1:{self.port}
HostKey {self.ssh}/host
AuthorizedKeysFile {self.ssh}/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
SetEnv PATH={self.path()}
""")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)  # where sshd has nothing to look at
        with open(self.ssh / "log", "wb") as log:
            self.sshd = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", self.ssh / "server"], stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log)
        self.addCleanup(self.end_sshd)
        until(self.listens, "sshd listens")
        # As somebody who has configured his ssh.
        (self.ssh / "client").write_text(f"UserKnownHostsFile {self.ssh}/known\nIdentityFile {self.ssh}/user\nIdentitiesOnly yes\n")
        self.command_here = self.ssh / "command"
        self.command_here.write_text(f"#!/bin/sh\nexec ssh -F {self.ssh}/client \"$@\"\n")
        self.command_here.chmod(0o700)
        self.uri = self.over_ssh()

    def path(self):
        return f"{SLUICE.parent}:/usr/bin:/bin"

    def listens(self):
        self.assertIsNone(self.sshd.poll(), (self.ssh / "log").read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end_sshd(self):
        self.sshd.terminate()
        self.sshd.wait(60)

    def over_ssh(self, more="&no_verify=1", path=None):
        return (f"qemu+ssh://{getpass.getuser()}@127.0.0.1:{self.port}/system?socket={path or self.socket}&no_tty=1"
                f"&command={self.command_here}{more}")


class Works(SshPlace):
    def test_volumes_go_up_and_down(self):
        data = os.urandom(9_000_001)
        (self.work / "image").write_bytes(data)
        self.well("volume", "create", "pool/disk", "--capacity", "9000001")
        self.well("volume", "upload", "pool/disk", "image")
        self.well("volume", "download", "pool/disk", "back")
        self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256((self.work / "back").read_bytes()[:len(data)]).digest())

    def test_ssh_ends_with_the_command(self):
        self.well("list")
        mine = lambda: subprocess.run(["pgrep", "-f", "--", f"ssh .*-p {self.port}"], capture_output=True, check=False).stdout  # noqa: E731
        until(lambda: mine() == b"", "no ssh is left")

    def test_what_ssh_complains_about_is_said(self):
        self.refused(5, "Host key verification failed", "-c", self.over_ssh(""), "list")
        (self.ssh / "authorized").write_text("")
        self.refused(5, "Permission denied", "-c", self.over_ssh(), "list")
        self.refused(5, "no 'no-ssh' in $PATH", "-c", self.over_ssh().replace(str(self.command_here), "no-ssh"), "list")

    def test_a_socket_that_is_not_there_is_named(self):
        self.refused(5, "No such file or directory", "-c", self.over_ssh(path="/nowhere/sock"), "list")

    def test_a_path_is_no_command(self):
        mark = self.directory / "mark"
        said = self.sluice("-c", self.over_ssh(path=f"/x'%3Btouch%20{mark}%3B'"), "list")
        self.assertEqual(5, said.returncode, said.stderr)
        self.assertFalse(mark.exists())

    def test_a_lost_ssh_is_a_lost_connection(self):
        self.well("volume", "create", "pool/disk", "--capacity", "16M")
        upload = self.started("volume", "upload", "pool/disk", "-", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        upload.stdin.write(bytes(1 << 20))
        upload.stdin.flush()
        until(lambda: "disk" in self.well("-c", self.local, "streams"), "the upload is under way")
        subprocess.run(["pkill", "-KILL", "-f", f"ssh .*-p {self.port}"], check=True)
        self.assertEqual(5, upload.wait(60), upload.stderr.read())
        until(lambda: "disk" not in self.well("-c", self.local, "streams"), "the daemon has given it up")


class WithoutSluiceThere(SshPlace):
    def path(self):
        """Of a machine with nc alone."""
        place = self.directory / "bin"
        place.mkdir()
        for name in ("sh", "id", "grep"):
            (place / name).symlink_to(f"/bin/{name}")
        (place / "nc").symlink_to("/bin/nc.openbsd")
        return place

    def test_netcat_does_as_well(self):
        self.well("list")
        self.well("-c", self.over_ssh("&no_verify=1&netcat=nc"), "list")


class Relays(PoolPlace):
    def test_both_ends_may_stop_first(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.directory / "other"))
        listener.listen()
        self.addCleanup(listener.close)
        relay = self.started("relay", self.directory / "other", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        peer, _ = listener.accept()
        relay.stdin.write(b"there" * 1000)
        relay.stdin.close()
        said = b""
        while part := peer.recv(4096):
            said += part
        self.assertEqual(b"there" * 1000, said)
        answer = os.urandom(1_000_003)

        def speak():
            peer.sendall(answer)
            peer.close()

        speaker = threading.Thread(target=speak)
        speaker.start()
        self.assertEqual(answer, relay.stdout.read())
        speaker.join()
        self.assertEqual(0, relay.wait(60))

    def test_it_ends_when_the_daemon_does(self):
        relay = self.started("relay", self.socket, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        relay.stdin.write(struct.pack(">7I", 28, REMOTE, 1, AUTH_LIST, 0, 0, 0))
        relay.stdin.flush()
        self.assertEqual(28, len(relay.stdout.read(28)))
        self.end_daemon()
        self.assertEqual(0, relay.wait(60))
        self.start_daemon()

    def test_a_socket_that_is_not_there_is_named(self):
        self.refused(1, "'/nowhere': No such file or directory", "relay", "/nowhere")
        self.refused(2, "the path of a socket is shorter", "relay", "/" + "x" * 200)


if __name__ == "__main__":
    unittest.main()
