"""The unmodified virsh against sluiced."""
import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

from daemon import made, until


class Virsh(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = made()
        cls.addClassCleanup(cls.daemon.end)

    def run_virsh(self, *words, readonly=False):
        return subprocess.run(["virsh", *(["-r"] if readonly else []), "-c", self.daemon.uri, *words],
                              env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=90, check=False)

    def virsh(self, *words):
        done = self.run_virsh(*words)
        self.assertEqual(0, done.returncode, f"virsh {' '.join(words)}: {done.stderr}")
        return done.stdout

    def refused(self, pattern, *words, readonly=False):
        done = self.run_virsh(*words, readonly=readonly)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertRegex(done.stderr, pattern)

    def define(self, name):
        self.virsh("define", self.daemon.file(f"{name}.xml", self.daemon.xml(name)))

    def state(self, name):
        return self.virsh("domstate", name).strip()

    def test_lists_what_is_defined_and_what_runs(self):
        self.define("listed")
        self.assertRegex(self.virsh("list", "--all"), r"-\s+listed\s+shut off")
        self.assertNotIn("listed", self.virsh("list"))
        self.virsh("start", "listed")
        self.assertRegex(self.virsh("list", "--all"), r"\d+\s+listed\s+running")
        self.assertIn("listed", self.virsh("list", "--name"))
        self.assertRegex(self.virsh("list", "--all", "--title"), r"listed\s+running\s+Guest listed")
        self.virsh("destroy", "listed")

    def test_dumpxml_gives_the_definition_back(self):
        self.define("dumped")
        shown = xml.etree.ElementTree.fromstring(self.virsh("dumpxml", "dumped"))
        self.assertEqual("dumped", shown.findtext("name"))
        self.assertEqual("Guest dumped", shown.findtext("title"))
        self.assertEqual("console=ttyS0 quiet", shown.findtext("os/cmdline"))
        again = self.daemon.file("again.xml", self.virsh("dumpxml", "dumped", "--inactive"))
        self.virsh("define", again)

    def test_takes_a_machine_through_its_life(self):
        self.define("living")
        self.assertEqual("shut off", self.state("living"))
        self.virsh("start", "living")
        self.assertEqual("running", self.state("living"))
        self.refused("already", "start", "living")
        self.virsh("suspend", "living")
        self.assertEqual("paused", self.state("living"))
        self.virsh("resume", "living")
        self.assertEqual("running", self.state("living"))
        self.virsh("reset", "living")
        self.virsh("destroy", "living")
        self.assertEqual("shut off", self.state("living"))
        self.virsh("undefine", "living")
        self.refused("not found|no domain|failed to get domain", "domstate", "living")

    def test_dominfo_answers_in_full(self):
        self.define("told")
        self.virsh("start", "told")
        said = self.virsh("dominfo", "told")
        self.assertRegex(said, r"Name:\s+told")
        self.assertRegex(said, r"State:\s+running")
        self.assertRegex(said, r"Max memory:\s+98304 KiB")
        self.assertRegex(said, r"CPU\(s\):\s+1")
        self.assertRegex(said, r"Persistent:\s+yes")
        self.assertRegex(self.virsh("domid", "told"), r"^\d+")
        self.assertEqual(self.virsh("domuuid", "told"), self.virsh("domuuid", self.virsh("domid", "told").strip()))
        self.virsh("destroy", "told")

    def test_saves_into_a_file_and_restores_from_it(self):
        self.define("kept")
        self.virsh("start", "kept")
        path = str(self.daemon.folder / "kept.saved")
        self.virsh("save", "kept", path)
        self.assertEqual("shut off", self.state("kept"))
        self.assertIn("<name>kept</name>", self.virsh("save-image-dumpxml", path))
        self.virsh("restore", path)
        self.assertEqual("running", self.state("kept"))
        self.virsh("destroy", "kept")

    def test_autostart_is_remembered(self):
        self.define("early")
        self.virsh("autostart", "early")
        self.assertRegex(self.virsh("dominfo", "early"), r"Autostart:\s+enable")
        self.virsh("autostart", "early", "--disable")
        self.assertRegex(self.virsh("dominfo", "early"), r"Autostart:\s+disable")

    def test_a_transient_machine_is_gone_when_it_ends(self):
        self.virsh("create", self.daemon.file("passing.xml", self.daemon.xml("passing")))
        self.assertEqual("running", self.state("passing"))
        self.virsh("destroy", "passing")
        self.assertNotIn("passing", self.virsh("list", "--all", "--name"))

    def test_errors_say_what_was_wrong(self):
        self.refused("failed to get domain 'absent'", "dominfo", "absent")
        self.refused("XML|xml", "define", self.daemon.file("bad.xml", "<domain type='qemu'><name>bad</name></domain"))
        self.refused("name", "define", self.daemon.file("nameless.xml", "<domain type='qemu'/>"))

    def test_who_may_only_read_changes_nothing(self):
        self.define("guarded")
        self.refused("read.only|denied|forbidden", "undefine", "guarded", readonly=True)
        self.refused("read.only|denied|forbidden", "start", "guarded", readonly=True)
        done = self.run_virsh("list", "--all", readonly=True)
        self.assertIn("guarded", done.stdout)

    def test_the_host_describes_itself(self):
        self.assertIn("QEMU", self.virsh("version"))
        self.assertEqual(os.uname().nodename, self.virsh("hostname").strip().split(".")[0])
        self.assertRegex(self.virsh("nodeinfo"), r"CPU\(s\):\s+\d+")
        xml.etree.ElementTree.fromstring(self.virsh("capabilities"))

    def test_events_are_told_to_another_client(self):
        self.define("watched")
        watch = subprocess.Popen(["virsh", "-c", self.daemon.uri, "event", "--event", "lifecycle", "--loop", "--timeout",
                                  "60"], stdout=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})
        seen = ""
        deadline = time.monotonic() + 60
        # The registration is not announced: start until it is heard.
        while "Started" not in seen and time.monotonic() < deadline:
            self.virsh("start", "watched")
            self.virsh("destroy", "watched")
            while select.select([watch.stdout], [], [], 0.5)[0] and (text := os.read(watch.stdout.fileno(), 4096)):
                seen += text.decode()
        watch.terminate()
        watch.wait(10)
        watch.stdout.close()
        self.assertRegex(seen, r"'lifecycle' for domain '?watched'?: Started Booted")

    def test_the_console_carries_both_ways(self):
        self.define("talking")
        self.virsh("start", "talking")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("virsh", ["virsh", "-c", self.daemon.uri, "console", "talking"], {**os.environ, "LC_ALL": "C"})
        seen = bytearray()

        def heard(pattern):
            if select.select([terminal], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):  # the other end is closed
                    seen.extend(os.read(terminal, 4096))
            return re.search(pattern, bytes(seen))

        def ended():
            heard(b"")  # a terminal that nobody reads holds up who writes
            done, code = os.waitpid(pid, os.WNOHANG)
            return done and [os.waitstatus_to_exitcode(code)]

        try:
            until("the guest's count", lambda: heard(rb"count \d+"))
            os.write(terminal, b"hello\r")
            until("the guest's answer", lambda: heard(rb"you said hello"))
            os.write(terminal, b"\x1d")
            self.assertEqual([0], until("the end of virsh", ended))
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        finally:
            os.close(terminal)
        self.virsh("destroy", "talking")


if __name__ == "__main__":
    unittest.main()
