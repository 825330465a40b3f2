"""The life of the process: places, locks, signals, users."""
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from sluiced import PROGRAM, ROOT, Sluiced, accepts, until
from wire import Client

NOBODY = 65534


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Process(unittest.TestCase):
    def daemon(self, *words, **how):
        made = Sluiced(*words, **how)
        self.addCleanup(made.end)
        return made

    def folder(self):
        made = tempfile.mkdtemp(prefix="sluice-daemon-")
        self.addCleanup(shutil.rmtree, made)
        return pathlib.Path(made)

    def test_answers_and_ends_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon()
            with Client(daemon.socket) as client:
                client.open()
                self.assertEqual(0, daemon.stop(number))
                self.assertTrue(client.ended())
            self.assertFalse(daemon.socket.exists())
            self.assertIn("stopped", daemon.log())

    def test_everything_it_keeps_is_private(self):
        daemon = self.daemon()
        self.assertEqual(0o700, mode(daemon.state))
        self.assertEqual(0o600, mode(daemon.socket))
        for path in daemon.state.rglob("*"):
            self.assertEqual(0, mode(path) & 0o077, path)

    def test_touches_nothing_outside_its_places(self):
        daemon = self.daemon()
        self.assertEqual({"state", "sock", "log"}, {path.name for path in daemon.folder.iterdir()})

    def test_socket_inside_the_state_directory_by_default(self):
        folder = self.folder()
        process = subprocess.Popen([PROGRAM, "--state-dir", folder / "s", "--host", "test", "--log-level", "off"])
        try:
            until("listening", lambda: accepts(folder / "s" / "sluice-sock"))
        finally:
            process.terminate()
            self.assertEqual(0, process.wait(60))

    def test_two_daemons_do_not_share_a_state_directory(self):
        first = self.daemon()
        second = subprocess.run(
            [PROGRAM, "--socket", first.folder / "other", "--state-dir", first.state, "--host", "test"],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(1, second.returncode)
        self.assertRegex(second.stderr, rf"another sluiced \(process {first.process.pid}\) uses the state directory")
        with Client(first.socket) as client:
            client.open()

    def test_two_daemons_do_not_share_a_socket(self):
        first = self.daemon()
        second = subprocess.run(
            [PROGRAM, "--socket", first.socket, "--state-dir", first.folder / "other", "--host", "test"],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(1, second.returncode)
        self.assertIn("another process listens there", second.stderr)
        with Client(first.socket) as client:
            client.open()

    def test_a_socket_left_behind_is_no_obstacle(self):
        first = self.daemon()
        first.process.kill()
        first.process.wait(60)
        self.assertTrue(first.socket.exists())
        second = self.daemon(folder=first.folder)
        with Client(second.socket) as client:
            client.open()

    def test_a_file_that_is_no_socket_is_an_obstacle(self):
        folder = self.folder()
        (folder / "sock").write_text("precious")
        daemon = self.daemon(folder=folder, wait=False)
        self.assertEqual(1, daemon.process.wait(60))
        self.assertIn("it is not a socket", daemon.log())
        self.assertEqual("precious", (folder / "sock").read_text())

    def test_places_that_cannot_be_used_are_named(self):
        for words, said in ((["--state-dir", "/dev/null/x", "--socket", "/tmp/y"], "/dev/null"),
                            (["--state-dir", self.folder(), "--socket", "/nowhere/at/all"], "/nowhere/at/all"),
                            (["--state-dir", self.folder(), "--socket", "/tmp/" + "long" * 40], "unix socket may have")):
            done = subprocess.run([PROGRAM, "--host", "test", *words], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(1, done.returncode, done.stderr)
            self.assertIn(said, done.stderr)

    def test_usage(self):
        version = re.search(r"project\(sluice VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(f"sluiced {version}\n", done.stdout)
        self.assertEqual(0, subprocess.run([PROGRAM, "--help"], capture_output=True, timeout=60, check=False).returncode)
        for words in (["--no-such-thing"], ["--log-level", "loud"], ["--host", "xen"], ["word"]):
            done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(2, done.returncode, words)
            self.assertNotEqual("", done.stderr)

    def test_an_ordinary_user_runs_it_for_himself(self):
        if os.geteuid() != 0:
            return  # then every other test shows it
        daemon = self.daemon(user=NOBODY)
        with Client(daemon.socket) as client:
            client.open()
        self.assertEqual(NOBODY, os.stat(daemon.state).st_uid)
        self.assertEqual(0, daemon.stop())

    def test_a_state_directory_of_somebody_else_is_refused(self):
        if os.geteuid() != 0:
            return  # nobody else's directory can be made
        folder = self.folder()
        (folder / "state").mkdir()
        os.chown(folder / "state", NOBODY, NOBODY)
        daemon = self.daemon(folder=folder, wait=False)
        self.assertEqual(1, daemon.process.wait(60))
        self.assertIn("belongs to user 65534", daemon.log())

    def test_it_uses_all_the_descriptors_it_may(self):
        daemon = self.daemon()
        limits = pathlib.Path(f"/proc/{daemon.process.pid}/limits").read_text()
        soft, hard = re.search(r"Max open files\s+(\S+)\s+(\S+)", limits).groups()
        self.assertEqual(hard, soft)

    def test_clients_that_come_and_go_leave_nothing(self):
        daemon = self.daemon()
        with Client(daemon.socket) as client:
            client.open()
        before = until("quiet", lambda: daemon.descriptors())
        clients = [Client(daemon.socket) for _ in range(200)]
        for client in clients[:100]:
            client.open()
        self.assertGreater(daemon.descriptors(), before)
        for client in clients:
            client.socket.close()
        until("all are gone", lambda: daemon.descriptors() <= before)
        self.assertEqual(0, daemon.stop())

    def test_definitions_survive_a_kill(self):
        daemon = self.daemon(host="qemu")
        xml = "<domain type='qemu'><name>kept</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>" \
              "<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"
        uri = f"qemu+unix:///system?socket={daemon.socket}"
        (daemon.folder / "kept.xml").write_text(xml)
        subprocess.run(["virsh", "-c", uri, "define", daemon.folder / "kept.xml"], check=True, capture_output=True, timeout=60)
        first = subprocess.run(["virsh", "-c", uri, "dumpxml", "kept"], check=True, capture_output=True, timeout=60).stdout
        daemon.process.kill()
        daemon.process.wait(60)
        again = self.daemon(host="qemu", folder=daemon.folder)
        second = subprocess.run(["virsh", "-c", uri, "dumpxml", "kept"], check=True, capture_output=True, timeout=60).stdout
        self.assertEqual(first, second)
        self.assertEqual(0, again.stop())

    def test_a_damaged_database_is_refused_by_name(self):
        folder = self.folder()
        (folder / "state").mkdir(mode=0o700)
        (folder / "state" / "sluice.db").write_bytes(b"not a database" * 1000)
        daemon = self.daemon(host="qemu", folder=folder, wait=False)
        self.assertEqual(1, daemon.process.wait(60))
        self.assertIn("sluice.db' is damaged", daemon.log())

    def test_the_second_signal_ends_it_at_once(self):
        daemon = self.daemon()
        daemon.process.send_signal(signal.SIGTERM)
        try:
            daemon.process.send_signal(signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.assertIn(daemon.process.wait(60), (0, 128 + signal.SIGTERM))

    def test_virsh_lists_and_prints(self):
        daemon = self.daemon()
        uri = f"test+unix:///default?socket={daemon.socket}"
        for words, said in ((["list", "--all"], "test   running"), (["dumpxml", "test"], "<name>test</name>"),
                            (["version", "--daemon"], "Running against daemon"), (["capabilities"], "<capabilities>")):
            done = subprocess.run(["virsh", "-c", uri, *words], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertIn(said, done.stdout)

    def test_the_manual_page_knows_every_option(self):
        page = (ROOT / "docs/man/sluiced.8").read_text().replace("\\-", "-")
        told = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        options = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", told))
        self.assertGreater(len(options), 5)
        self.assertEqual(options, set(re.findall(r"(?<![\w-])--[a-z][\w-]*", page)) - {"--all"})

    def test_tcp_serves_this_machine_and_no_other(self):
        daemon = self.daemon("--tcp", "127.0.0.1:0")
        said = until("the address", lambda: re.search(r"listening without authentication.*127\.0\.0\.1:(\d+)", daemon.log()))
        done = subprocess.run(["virsh", "-c", f"test+tcp://127.0.0.1:{said[1]}/default", "list", "--all"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("test   running", done.stdout)
        for address, why in (("0.0.0.0:0", "only addresses of this machine are allowed"), ("here", "no number of a host"),
                             (f"127.0.0.1:{said[1]}", "Address already in use")):
            refused = self.daemon("--tcp", address, wait=False)
            self.assertNotEqual(0, refused.process.wait(60))
            self.assertIn(why, refused.log())


if __name__ == "__main__":
    unittest.main()
