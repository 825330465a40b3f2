"""Saving and restoring: files, pipes, progress, full disks, Ctrl-C."""
import fcntl
import json
import os
import pty
import signal
import subprocess
import unittest

from place import Place, until


def pending(process, number):
    """Whether a signal was sent and not yet taken."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


class State(Place):
    def test_a_file_holds_a_machine(self):
        self.assertEqual("Machine 'test' saved to 'a.saved'\n", self.well("save", "test", "a.saved"))
        self.assertEqual("shut off", self.state())
        self.assertEqual(["a.saved"], self.names())
        self.assertEqual(0o600, os.stat(self.work / "a.saved").st_mode & 0o777)
        self.assertEqual("Machine 'test' restored\n", self.well("restore", "a.saved"))
        self.assertEqual("running", self.state())

    def test_standard_output_and_input(self):
        saved = self.sluice("save", "test", "-").stdout
        self.assertEqual(b"\x89SLC\r\n\x1a\n", saved[:8])
        self.assertEqual("Machine 'test' restored\n", self.well("restore", "-", input=saved))

    def test_named_pipes(self):
        os.mkfifo(self.work / "pipe")
        for first, second in ((["save", "test", "pipe"], ["cat", "pipe"]), (["save", "test", "pipe"], ["cat", "pipe"])):
            process = self.started(*first, stdout=subprocess.DEVNULL)
            saved = subprocess.run(second, cwd=self.work, capture_output=True, check=True, timeout=60).stdout
            self.assertEqual(0, process.wait(60))
            process = self.started("restore", "pipe", stdout=subprocess.DEVNULL)
            (self.work / "pipe").write_bytes(saved)
            self.assertEqual(0, process.wait(60))
            self.assertEqual("running", self.state())

    def test_dev_fd_names_an_open_descriptor(self):
        read, write = os.pipe()
        process = self.started("save", "test", f"/dev/fd/{write}", pass_fds=[write], stdout=subprocess.DEVNULL)
        os.close(write)
        with open(read, "rb") as file:
            self.assertGreater(len(file.read()), 1_000_000)
        self.assertEqual(0, process.wait(60))

    def test_options_of_save_and_restore(self):
        self.well("save", "test", "a", "--paused", "--zstd", "--level", "1", "--limit", "500MB/s")
        self.well("restore", "a")
        self.assertEqual("paused", self.state())
        self.well("save", "test", "a")
        self.well("restore", "a", "--running")
        self.assertEqual("running", self.state())
        self.well("save", "test", "a")
        self.well("restore", "--paused", "a")
        self.assertEqual("paused", self.state())

    def test_a_definition_in_place_of_the_saved_one(self):
        xml = self.well("xml", "test")
        self.well("save", "test", "a")
        (self.work / "new.xml").write_text(xml.replace("</name>", "</name><title>other</title>", 1))
        self.well("restore", "a", "--xml", "new.xml")
        self.assertIn("<title>other</title>", self.well("xml", "test"))

    def test_state_is_not_for_terminals(self):
        ours, theirs = pty.openpty()
        try:
            done = self.sluice("save", "test", "-", stdout=theirs, stderr=subprocess.PIPE)
            self.assertEqual(2, done.returncode)
            self.assertIn(b"not for a terminal", done.stderr)
            self.refused(2, "not come from a terminal", "restore", "-", stdin=theirs)
        finally:
            os.close(ours)
            os.close(theirs)
        self.assertEqual("running", self.state())

    def test_a_running_machine_is_not_restored(self):
        self.well("save", "test", "a")
        self.well("start", "test")
        self.refused(1, "running", "restore", "a")
        self.assertEqual("running", self.state())

    def test_one_daemon_cannot_be_both_ends_of_a_pipe(self):
        pipe = f"'{self.command()[0]}' save test - | '{self.command()[0]}' restore -"
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {pipe}"], env=self.environment(), cwd=self.work,
                              capture_output=True, check=False, timeout=60)
        self.assertNotEqual(0, done.returncode)
        self.assertIn(b"machine 'test' is being saved", done.stderr)
        until(lambda: self.state() == "running", "the guest goes on")

    def test_damaged_cut_and_foreign_state_is_refused(self):
        self.well("save", "test", "a")
        saved = bytearray((self.work / "a").read_bytes())
        (self.work / "cut").write_bytes(saved[:-30])
        self.refused(1, "cut off", "restore", "cut")
        saved[len(saved) // 2] ^= 1
        (self.work / "damaged").write_bytes(saved)
        self.refused(1, "checksum", "restore", "damaged")
        (self.work / "foreign").write_bytes(b"LibvirtQemudSave" * 100)
        self.refused(1, "", "restore", "foreign")
        self.refused(1, "it is empty", "restore", "/dev/null")
        self.refused(1, "No such file", "restore", "absent")
        self.assertEqual("shut off", self.state())

    def test_a_full_disk_is_named_and_leaves_nothing(self):
        self.refused(1, "cannot write '/dev/full': No space left on device", "save", "test", "/dev/full")
        self.assertEqual("running", self.state())
        if os.geteuid() != 0:
            return
        small = self.directory / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", small], check=False)
        if mounted.returncode != 0:
            return  # not every root may mount; the device above says the same
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        (small / "a").write_text("precious")
        self.refused(1, f"cannot write '{small}/a': No space left on device", "save", "test", small / "a")
        until(lambda: sorted(os.listdir(small)) == ["a"], "the partial file goes")
        self.assertEqual("precious", (small / "a").read_text())
        self.assertEqual("running", self.state())

    def test_a_reader_that_goes_away_lets_the_guest_go_on(self):
        process = self.started("save", "test", "-", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(100_000)
        process.stdout.close()
        self.assertEqual(1, process.wait(60))
        self.assertIn(b"Broken pipe", process.stderr.read())
        until(lambda: self.state() == "running", "the guest goes on")

    def test_progress_as_json_goes_where_it_shall(self):
        done = self.sluice("--progress=json", "save", "test", "a")
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertEqual([True], [line["done"] for line in lines if line["done"]])
        self.assertEqual(os.stat(self.work / "a").st_size, lines[-1]["bytes"])
        read, write = os.pipe()
        done = self.sluice(f"--progress=json:{write}", "restore", "a", pass_fds=[write])
        os.close(write)
        with open(read, encoding="ascii") as told:
            lines = [json.loads(line) for line in told]
        self.assertEqual(b"", done.stderr)
        self.assertEqual(os.stat(self.work / "a").st_size, lines[-1]["total"])

    def test_a_line_of_progress_only_for_terminals(self):
        self.assertEqual(b"", self.sluice("save", "test", "a").stderr)
        ours, theirs = pty.openpty()
        done = self.sluice("restore", "a", stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal:
            said = terminal.read(65536)
        self.assertEqual(0, done.returncode)
        self.assertIn(b"restoring from 'a'", said)
        self.assertTrue(said.endswith(b"\r\n"), said)

    def test_colour_only_where_it_is_wanted(self):
        for colour, more in ((True, {}), (False, {"NO_COLOR": "1"}), (False, {"TERM": "dumb"})):
            ours, theirs = pty.openpty()
            self.sluice("start", "nobody", env=self.environment(**{"TERM": "xterm", **more}),
                        stdout=subprocess.DEVNULL, stderr=theirs)
            os.close(theirs)
            with open(ours, "rb", buffering=0) as terminal:
                self.assertEqual(colour, b"\x1b[" in terminal.read(65536))


class Interrupted(Place):
    def stuck_save(self, **options):
        """A save into a pipe that nobody empties: its buffer is full when this returns."""
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        process = self.started("save", "test", "-", stdout=write, stderr=subprocess.PIPE, **options)
        os.close(write)
        waiting = lambda: int.from_bytes(fcntl.ioctl(read, 0x541B, bytes(4)), "little")  # FIONREAD
        until(lambda: waiting() >= 65536 or process.poll() is not None, "the pipe fills")
        self.assertIsNone(process.poll())
        return process

    def test_ctrl_c_aborts_a_save_and_the_guest_goes_on(self):
        process = self.stuck_save()
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(60))
        self.assertEqual(b"sluice: interrupted\n", process.stderr.read())
        until(lambda: self.state() == "running", "the guest goes on")
        self.well("save", "test", "a")

    def test_ctrl_c_leaves_no_file(self):
        process = self.started("save", "test", "a", "--limit", "1MiB", stderr=subprocess.PIPE)
        until(lambda: any(".partial-" in name for name in self.names()), "the file is begun")
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(60))
        self.assertEqual([], self.names())
        until(lambda: self.state() == "running", "the guest goes on")

    def test_ctrl_c_aborts_a_restore(self):
        self.well("save", "test", "a")
        os.mkfifo(self.work / "pipe")
        process = self.started("restore", "pipe", stderr=subprocess.PIPE)
        with open(self.work / "pipe", "wb", buffering=0) as pipe:
            pipe.write((self.work / "a").read_bytes()[:100_000])
            process.send_signal(signal.SIGINT)
            self.assertEqual(130, process.wait(60))
        until(lambda: self.state() == "shut off", "nothing is left of it")
        self.well("restore", "a")

    def test_the_second_ctrl_c_ends_it_at_once(self):
        process = self.stuck_save()
        self.daemon.send_signal(signal.SIGSTOP)  # it cannot confirm the abort
        process.send_signal(signal.SIGINT)
        until(lambda: not pending(process, signal.SIGINT), "the first one is taken")
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(60))
        self.daemon.send_signal(signal.SIGCONT)
        until(lambda: self.state() == "running", "the guest goes on")

    def test_a_command_that_is_killed_lets_the_guest_go_on(self):
        process = self.stuck_save()
        process.kill()
        process.wait(60)
        until(lambda: self.state() == "running", "the guest goes on")

    def test_a_daemon_that_dies_is_a_lost_connection(self):
        process = self.stuck_save()
        self.daemon.kill()
        self.daemon.wait()
        self.assertEqual(5, process.wait(60))
        self.assertIn(b"sluice: ", process.stderr.read())


if __name__ == "__main__":
    unittest.main()
