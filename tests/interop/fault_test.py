"""Real processes that are killed, interrupted and starved in the middle of a save or a restore: the guest goes on or is whole
elsewhere, and nothing is left behind."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import unittest

from daemon import PROGRAMS, Sluiced, until


class Faults(unittest.TestCase):
    def setUp(self):
        self.daemon = Sluiced()
        self.addCleanup(self.daemon.end)
        self.log = self.daemon.folder / "console.log"
        xml = self.daemon.xml("guest").replace("<serial type='pty'/>",
                                               f"<serial type='pty'><log file='{self.log}' append='on'/></serial>")
        self.sluice("define", self.daemon.file("guest.xml", xml))
        self.sluice("start", "guest")
        self.counts_on()
        self.descriptors = self.open_descriptors()

    # ---------------------------------------------------------------- what the tests are made of

    def sluice(self, *words, code=0):
        done = self.daemon.ask(*words)
        self.assertEqual(code, done.returncode, f"sluice {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stderr

    def begin(self, *words, **options):
        process = subprocess.Popen([PROGRAMS / "sluice", "-c", self.daemon.uri, "--progress", "none", *words],
                                   stderr=subprocess.PIPE, **options)

        def end():
            process.kill()
            process.wait(60)
            process.stderr.close()
            if process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()

        self.addCleanup(end)
        return process

    def ended(self, process):
        process.wait(60)
        return process.returncode, process.stderr.read().decode()

    def begin_slow_save(self, path):
        process = self.begin("save", "--limit", "4MiB/s", "guest", path)
        until("the first bytes", lambda: any(part.stat().st_size for part in self.daemon.folder.glob("saved*")))
        return process

    def numbers(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return [int(number) for number in re.findall(r"^count (\d+)\r?$", text, re.M)]

    def counts_on(self, more=2):
        """The guest runs, and its whole count has no gap."""
        goal = len(self.numbers()) + more
        until("counting on", lambda: len(self.numbers()) >= goal)
        numbers = self.numbers()
        self.assertEqual(list(range(1, len(numbers) + 1)), numbers)

    def machines(self):
        """QEMU processes of this test's guest."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if words.startswith(b"/usr/bin/qemu") or b"qemu-system" in words.split(b"\0")[0]:
                if str(self.daemon.folder).encode() in words or b"console.log" in words or self.uuid().encode() in words:
                    found.append(int(entry.name))
        return found

    def uuid(self):
        return re.search("<uuid>(.*)</uuid>", self.daemon.xml("guest")).group(1)

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def nothing_is_left(self, machines=1):
        until("the end of other QEMU processes", lambda: len(self.machines()) == machines)
        until("closed descriptors", lambda: self.open_descriptors() <= self.descriptors)
        left = [path.name for path in self.daemon.folder.iterdir() if ".partial" in path.name or path.name == "saved"]
        self.assertEqual([], left)

    def saved(self):
        path = self.daemon.folder / "guest.saved"
        self.sluice("save", "guest", str(path))
        until("the end of QEMU", lambda: not self.machines())
        return path

    # ---------------------------------------------------------------- saving

    def test_a_client_that_vanishes_while_saving_leaves_the_guest_running(self):
        save = self.begin_slow_save(str(self.daemon.folder / "saved"))
        save.kill()
        save.wait(60)
        self.counts_on()
        for path in self.daemon.folder.glob("saved*"):
            self.assertIn(".partial", path.name)  # nothing half-written looks whole
            path.unlink()
        self.nothing_is_left()

    def test_an_interrupted_save_says_so_and_leaves_nothing(self):
        save = self.begin_slow_save(str(self.daemon.folder / "saved"))
        save.send_signal(signal.SIGINT)
        self.assertEqual(130, self.ended(save)[0])
        self.counts_on()
        self.nothing_is_left()

    def test_a_second_job_is_refused_and_names_the_first(self):
        save = self.begin_slow_save(str(self.daemon.folder / "saved"))
        self.assertIn("machine 'guest' is being saved", self.sluice("save", "guest", "/dev/null", code=1))
        save.send_signal(signal.SIGINT)
        self.ended(save)
        self.counts_on()

    def test_a_full_disk_leaves_the_guest_running(self):
        with open("/dev/full", "wb") as full:
            code, said = self.ended(self.begin("save", "guest", "-", stdout=full))
        self.assertEqual(1, code)
        self.assertIn("No space left on device", said)
        self.counts_on()
        self.nothing_is_left()

    def test_a_guest_whose_qemu_dies_while_it_is_saved_is_off(self):
        save = self.begin_slow_save(str(self.daemon.folder / "saved"))
        os.kill(self.machines()[0], signal.SIGKILL)
        code, said = self.ended(save)
        self.assertEqual(1, code)
        self.assertIn("guest", said)
        until("shut off", lambda: re.search(r"guest\s+shut off", self.daemon.ask("list").stdout))
        self.nothing_is_left(machines=0)

    def test_a_daemon_killed_while_saving_lets_the_guest_go_on_when_it_is_back(self):
        save = self.begin_slow_save(str(self.daemon.folder / "saved"))
        self.daemon.process.kill()
        self.daemon.process.wait(30)
        self.assertNotEqual(0, self.ended(save)[0])
        self.assertFalse((self.daemon.folder / "saved").exists())
        self.daemon.start()
        until("running", lambda: re.search(r"guest\s+running", self.daemon.ask("list").stdout))
        self.counts_on()
        self.sluice("destroy", "guest")

    # ---------------------------------------------------------------- restoring

    def test_a_client_that_vanishes_while_restoring_leaves_nothing_running(self):
        state = self.saved().read_bytes()
        restore = self.begin("restore", "-", stdin=subprocess.PIPE)
        restore.stdin.write(state[:len(state) // 2])
        restore.stdin.flush()
        until("a QEMU", self.machines)
        restore.kill()
        restore.stdin.close()
        restore.wait(60)
        self.nothing_is_left(machines=0)
        self.restored()

    def test_a_qemu_that_dies_while_it_is_restored_is_told(self):
        state = self.saved().read_bytes()
        restore = self.begin("restore", "-", stdin=subprocess.PIPE)
        restore.stdin.write(state[:len(state) // 2])
        restore.stdin.flush()
        os.kill(until("a QEMU", self.machines)[0], signal.SIGKILL)
        with contextlib.suppress(BrokenPipeError):
            restore.stdin.write(state[len(state) // 2:])
            restore.stdin.close()
        restore.wait(60)
        self.assertEqual(1, restore.returncode)
        self.assertIn(b"guest", restore.stderr.read())
        self.nothing_is_left(machines=0)
        self.restored()

    def test_a_machine_that_runs_is_not_restored_over(self):
        path = self.saved()
        self.sluice("restore", str(path))
        self.assertIn("machine 'guest' is running", self.sluice("restore", str(path), code=1))
        self.counts_on()

    def test_a_daemon_killed_while_restoring_leaves_no_half_machine(self):
        state = self.saved().read_bytes()
        restore = self.begin("restore", "-", stdin=subprocess.PIPE)
        restore.stdin.write(state[:len(state) // 2])
        restore.stdin.flush()
        until("a QEMU", self.machines)
        self.daemon.process.kill()
        self.daemon.process.wait(30)
        with contextlib.suppress(BrokenPipeError):
            restore.stdin.close()
        self.assertNotEqual(0, restore.wait(60))
        self.daemon.start()
        until("the end of the half QEMU", lambda: not self.machines())
        self.restored()

    def restored(self):
        """After all that the whole file still restores, as soon as the daemon is done with what went before."""
        until("shut off", lambda: re.search(r"guest\s+shut off", self.daemon.ask("list").stdout))
        self.sluice("restore", str(self.daemon.folder / "guest.saved"))
        self.counts_on()


if __name__ == "__main__":
    unittest.main()
