"""The console, on a terminal and without one."""
import os
import pty
import select
import signal
import subprocess
import termios
import unittest

from place import Place


def read_until(fd, wanted, patience=60):
    said = b""
    while wanted not in said:
        if not select.select([fd], [], [], patience)[0]:
            raise AssertionError(f"{wanted!r} was not said, but {said!r}")
        more = os.read(fd, 4096)
        if not more:
            raise AssertionError(f"the end came before {wanted!r}: {said!r}")
        said += more
    return said


class Console(Place):
    def test_keys_and_screen_through_pipes(self):
        process = self.started("console", "test", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        read_until(process.stdout.fileno(), b"you said hello")
        process.stdin.write(b"\x1d again\n")  # without a terminal this is a byte like others
        process.stdin.close()
        process.stdin = None
        read_until(process.stdout.fileno(), b"again")
        self.well("destroy", "test")  # output goes on after the last key, until the guest ends
        self.assertEqual(0, process.wait(60))

    def test_ctrl_c_ends_one_without_a_terminal(self):
        process = self.started("console", "test", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        read_until(process.stdout.fileno(), b"hello")
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(60))

    def on_terminal(self, *arguments):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        settings = termios.tcgetattr(theirs)
        settings[3] &= ~termios.ECHO  # so that what is read here was said by the guest
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
        before = termios.tcgetattr(theirs)
        process = self.started("console", "test", *arguments, stdin=theirs, stdout=theirs, stderr=theirs)
        read_until(ours, b"Ctrl-] leaves it.")
        return process, ours, theirs, before

    def test_a_terminal_passes_every_key_and_is_as_before_afterwards(self):
        process, ours, theirs, before = self.on_terminal()
        self.assertFalse(termios.tcgetattr(theirs)[3] & termios.ISIG)
        os.write(ours, b"one\x03two\n")  # Ctrl-C is the guest's
        read_until(ours, b"two")
        self.assertIsNone(process.poll())
        os.write(ours, b"\x1d")
        self.assertEqual(0, process.wait(60))
        self.assertEqual(before, termios.tcgetattr(theirs))
        self.assertEqual("running", self.state())

    def test_a_second_one_is_refused_and_may_be_forced(self):
        first = self.started("console", "test", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first.stdin.write(b"hello\n")
        first.stdin.flush()
        read_until(first.stdout.fileno(), b"hello")
        self.refused(1, "", "console", "test")
        second = self.started("console", "test", "--force", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        second.stdin.write(b"mine now\n")
        second.stdin.flush()
        read_until(second.stdout.fileno(), b"mine now")
        self.assertEqual(1, first.wait(60))
        self.assertIn(b"took over", first.stderr.read())

    def test_a_machine_that_is_off_has_none(self):
        self.well("destroy", "test")
        self.refused(1, "", "console", "test")

    def test_a_device_that_is_not_there_is_refused(self):
        self.refused(1, "", "console", "test", "--device", "serial77")


if __name__ == "__main__":
    unittest.main()
