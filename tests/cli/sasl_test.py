"""Clients show who they are by SASL: over sockets and over TLS; who is refused hears no more than that; and what a flood of
strangers can do."""
import base64
import fcntl
import os
import pathlib
import pty
import re
import resource
import signal
import socket
import struct
import sys
import termios
import unittest

from place import Place, until
from tls_test import TlsPlace
from wire import REMOTE, string

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "laboratory"))
from sasl import PASSWORD, USER, put_answers, put_passwords  # noqa: E402

AUTH_LIST, INIT, START, STEP, POLKIT, OPEN, FEATURE = 66, 67, 68, 69, 70, 1, 60
AUTH_FAILED, RPC = 45, 39
WRONG = int(os.environ.get("WRONG", "300"))  # passwords; more in tests/nightly


class Passwords:
    """A daemon's passwords, and a client's file with the right one."""

    def put_secrets(self):
        self.secrets = self.directory / "sasl"
        self.secrets.mkdir(0o700)
        put_passwords(self.secrets, "sluice", **{USER: PASSWORD})
        self.answers = put_answers(self.secrets / "auth.conf")
        return "--sasl-conf", self.secrets

    def knowing(self, user, password):
        return put_answers(self.secrets / f"{user}.conf", user, password)


class SocketPlace(Passwords, Place):
    """A daemon whose socket asks for a password."""

    MORE = ()

    def start_daemon(self, *more):
        if not hasattr(self, "secrets"):
            self.put_secrets()
            self.plain = self.uri
            self.uri = f"{self.plain}&authfile={self.answers}"
        super().start_daemon("--socket-auth", "sasl", "--sasl-conf", self.secrets, *self.MORE, *more)

    def log(self):
        return (self.directory / "log").read_text()


class Sockets(SocketPlace):
    def test_who_knows_the_password_may_do_what_he_could_before(self):
        self.well("destroy", "test")
        self.well("start", "test")
        self.assertEqual("running", self.state())
        self.assertRegex(self.log(), r"logged in.*user=alice.*mechanism=SCRAM-SHA-512")
        self.assertNotIn(PASSWORD, self.log())

    def test_streams_tell_who_opened_them(self):
        console = self.started("console", "test", stdin=-1, stdout=-1, stderr=-1)
        until(lambda: "user 'alice'" in self.well("streams", "--json"), "the console is listed")
        console.send_signal(signal.SIGINT)
        console.wait(60)

    def test_who_does_not_is_refused_and_hears_no_reason(self):
        for user, password in ((USER, "guess"), ("mallory", PASSWORD), (USER, "")):
            uri = f"{self.plain}&authfile={self.knowing(user, password)}"
            said = self.refused(4, "authentication failed", "-c", uri, "list")
            self.assertNotIn("user", said.replace("authfile", ""))
        self.assertIn("login refused", self.log())

    def test_without_an_answer_it_says_what_is_missing(self):
        self.refused(4, "asks for a user name", "-c", self.plain, "list", start_new_session=True)

    def test_files_that_are_wrong_are_named(self):
        self.refused(1, "/nowhere/auth.conf", "-c", self.plain + "&authfile=/nowhere/auth.conf", "list")
        (self.work / "bad.conf").write_text("[auth-libvirt-localhost]\nother=1\n")
        self.refused(1, "bad.conf", "-c", f"{self.plain}&authfile={self.work / 'bad.conf'}", "list")
        self.refused(2, "authfile= is empty", "-c", self.plain + "&authfile=", "list")

    def test_a_new_password_counts_for_who_comes_next(self):
        put_passwords(self.secrets, "sluice", **{USER: "other"})
        self.refused(4, "authentication failed", "list")
        put_answers(self.answers, USER, "other")
        self.well("list")

    def test_many_wrong_ones_from_one_place_are_not_computed(self):
        wrong = f"{self.plain}&authfile={self.knowing(USER, 'guess')}"
        for _ in range(60):  # one in six seconds is forgiven
            self.refused(4, "authentication failed", "-c", wrong, "list")
            if "too many attempts" in self.log():
                break
        self.assertRegex(self.log(), r'too many attempts to log in have failed.*place="uid \d+"')
        self.refused(4, "authentication failed", "list")


class Prompts(SocketPlace):
    def on_terminal(self, *arguments):
        """The command with a terminal of its own; nothing says a password but who sits there."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        take = lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)  # noqa: E731
        process = self.started("-c", self.plain, *arguments, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                               preexec_fn=take)
        return process, ours, theirs

    def read_until(self, terminal, wanted):
        said = b""
        while wanted not in said:
            said += os.read(terminal, 4096)
        return said

    def test_who_sits_at_the_terminal_is_asked_and_his_password_is_not_shown(self):
        process, ours, theirs = self.on_terminal("list")
        self.read_until(ours, b"User name at localhost: ")
        os.write(ours, USER.encode() + b"\n")
        self.read_until(ours, b"Password of alice at localhost: ")
        self.assertFalse(termios.tcgetattr(theirs)[3] & termios.ECHO)
        os.write(ours, PASSWORD.encode() + b"\n")
        said = self.read_until(ours, b"running")
        self.assertNotIn(PASSWORD.encode(), said)
        self.assertEqual(0, process.wait(60))
        self.assertTrue(termios.tcgetattr(theirs)[3] & termios.ECHO)

    def test_ctrl_c_leaves_a_terminal_that_shows_what_is_typed(self):
        process, ours, theirs = self.on_terminal("list")
        self.read_until(ours, b"User name at localhost: ")
        os.write(ours, USER.encode() + b"\n")
        self.read_until(ours, b"Password of alice at localhost: ")
        os.write(ours, b"\x03")
        self.assertEqual(130, process.wait(60))
        self.assertTrue(termios.tcgetattr(theirs)[3] & termios.ECHO)

    def test_who_ends_the_input_is_not_let_in(self):
        process, ours, _ = self.on_terminal("list")
        self.read_until(ours, b"User name at localhost: ")
        os.write(ours, b"\x04")
        self.read_until(ours, b"asks for a user name")
        self.assertEqual(4, process.wait(60))


class Calls:
    """Calls by hand, one after the other."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.input, self.serial = self.socket.makefile("rb"), 0

    def close(self):
        self.input.close()
        self.socket.close()

    def __call__(self, procedure, payload=b""):
        """The answer's bytes, or the number of its error; nothing: the daemon has gone."""
        self.socket.sendall(struct.pack(">7I", 28 + len(payload), REMOTE, 1, procedure, 0, self.serial, 0) + payload)
        self.serial += 1
        head = self.input.read(28)
        if len(head) < 28:
            return None
        length, status = struct.unpack(">7I", head)[::6]
        body = self.input.read(length - 28)
        return body if status == 0 else struct.unpack(">i", body[:4])[0]


def data(text):
    return struct.pack(">iI", 0, len(text)) + b"".join(struct.pack(">i", byte) for byte in text)


class ByHand(SocketPlace):
    """What a client may call before it is known, and in which order."""

    def calls(self):
        calls = Calls(self.socket)
        self.addCleanup(calls.close)
        return calls

    def test_nothing_but_authentication_is_answered(self):
        calls = self.calls()
        self.assertEqual(struct.pack(">II", 1, 1), calls(AUTH_LIST))
        for procedure, payload in ((OPEN, bytes(8)), (FEATURE, struct.pack(">i", 10)), (157, b""), (2, b"")):
            self.assertEqual(RPC, calls(procedure, payload), procedure)
        self.assertIn(b"SCRAM-SHA-512", calls(INIT))

    def test_steps_out_of_turn_end_the_attempt_and_the_connection(self):
        start = string("SCRAM-SHA-256") + data(b"n,,n=alice,r=abcdefgh")
        for order in ([(STEP, data(b""))], [(START, start)], [(INIT, b""), (INIT, b"")], [(INIT, b""), (STEP, data(b""))],
                      [(INIT, b""), (START, start), (START, start)], [(POLKIT, b"")],
                      [(INIT, b""), (START, string("PLAIN") + data(b"\0alice\0secret"))],
                      [(INIT, b""), (START, string("SCRAM-SHA-256") + data(b"\xff" * 1000))],
                      [(INIT, b""), (START, string("") + data(b""))]):
            calls = self.calls()
            *well, last = order
            for step in well:
                self.assertIsInstance(calls(*step), bytes, order)
            self.assertEqual(AUTH_FAILED, calls(*last), order)
            self.assertEqual(b"", calls.input.read(1), order)
        self.well("list")

    def test_garbage_before_the_login_ends_the_connection_alone(self):
        for garbage in (b"\0" * 28, b"\xff" * 64, struct.pack(">7I", 70_000, REMOTE, 1, START, 0, 0, 0) + b"x" * 70_000):
            calls = self.calls()
            try:
                calls.socket.sendall(garbage)
                while calls.socket.recv(4096):
                    pass
            except ConnectionError:
                pass
        self.well("list")

    def test_wrong_passwords_by_the_hundred_cost_nothing(self):
        status = pathlib.Path(f"/proc/{self.daemon.pid}/status")
        resident = lambda: int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text()).group(1))  # noqa: E731
        before = resident()
        for _ in range(WRONG):
            calls = Calls(self.socket)
            answer = calls(INIT)
            if isinstance(answer, bytes):
                answer = calls(START, string("SCRAM-SHA-256") + data(b"n,,n=alice,r=abcdefgh"))
            if isinstance(answer, bytes):
                count = struct.unpack(">I", answer[8:12])[0]
                first = bytes(answer[12 + 4 * i + 3] for i in range(count)).split(b",")
                proof = b"c=biws," + first[0] + b",p=" + base64.b64encode(bytes(32))
                answer = calls(STEP, data(proof))
            self.assertEqual(AUTH_FAILED, answer)
            calls.close()
        self.assertLess(resident() - before, 32 * 1024)
        self.assertIn("too many attempts", self.log())

    def test_who_goes_in_the_middle_has_failed_and_leaves_nothing(self):
        for count in range(100):
            if count == 5:
                self.well("list")
            calls = self.calls()
            if calls(INIT) == AUTH_FAILED:
                return  # it is known for that by now
            payload = string("SCRAM-SHA-512") + data(b"n,,n=alice,r=abcdefgh")
            if count % 2:  # some do not even wait for the answer, for which nothing may have been computed yet
                calls.socket.sendall(struct.pack(">7I", 28 + len(payload), REMOTE, 1, START, 0, 9, 0) + payload)
            else:
                calls(START, payload)
            calls.close()
        self.fail("who leaves in the middle may do so for ever")

    def test_who_calls_on_and_does_not_log_in_is_sent_away(self):
        calls = self.calls()
        for _ in range(16):
            self.assertEqual(RPC, calls(OPEN, bytes(8)))
            self.assertIsInstance(calls(AUTH_LIST), bytes)
        self.assertIsNone(calls(AUTH_LIST))


class OverTls(Passwords, TlsPlace):
    AUTH = "sasl"

    def open(self):
        self.secret = self.put_secrets() if not hasattr(self, "secret") else self.secret
        super().open()

    def start_daemon(self, *more):
        if hasattr(self, "secret"):
            more = (*more, "--tls-auth", self.AUTH, *self.secret)
        super().start_daemon(*more)

    def over_tls(self, host="localhost", more=None):
        return super().over_tls(host, f"&authfile={self.answers}" if more is None else more)

    def without_certificate(self):
        for name in ("clientcert.pem", "clientkey.pem"):
            (self.clients / name).unlink()


class InPlaceOfCertificates(OverTls):
    def test_a_password_is_enough(self):
        self.without_certificate()
        self.well("list")
        self.assertRegex(self.log(), "logged in.*TLSv1.3.*user=alice")

    def test_and_is_needed_with_a_certificate_too(self):
        self.refused(4, "authentication failed", "-c", self.over_tls(more=f"&authfile={self.knowing(USER, 'guess')}"), "list")

    def test_a_certificate_that_is_shown_must_be_good(self):
        self.ca.revoke(self.daemons, self.user)
        self.open()
        self.refused_at(self.over_tls(), "revoked")

    def test_volumes_go_up_and_down(self):
        image = os.urandom(3_000_001)
        (self.work / "image").write_bytes(image)
        self.well("volume", "create", "pool/disk", "--capacity", "3000001")
        self.well("volume", "upload", "pool/disk", "image")
        self.well("volume", "download", "pool/disk", "back")
        self.assertEqual(image, (self.work / "back").read_bytes()[:len(image)])


class BesideCertificates(OverTls):
    AUTH = "both"

    def test_both_are_needed(self):
        self.well("list")
        self.refused(4, "authentication failed", "-c", self.over_tls(more=f"&authfile={self.knowing(USER, 'guess')}"), "list")
        self.without_certificate()
        self.refused_at(self.over_tls(), "certificate")


class Floods(OverTls):
    """Half-open connections, as many as a test may have; more in tests/nightly."""

    COUNT = int(os.environ.get("FLOOD", "1500"))

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        super().setUp()

    def resident_mib(self):
        pages = int(pathlib.Path(f"/proc/{self.daemon.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20

    def flood(self, hello=b""):
        strangers = []
        for _ in range(self.COUNT):
            stranger = socket.create_connection(("127.0.0.1", self.port))
            self.addCleanup(stranger.close)
            stranger.sendall(hello)
            strangers.append(stranger)
        return strangers

    def test_strangers_who_say_nothing_make_room_for_who_logs_in(self):
        strangers = self.flood()
        self.well("list")
        self.assertLess(self.resident_mib(), 256)
        self.assertIn("the oldest make room", self.log())
        until(lambda: strangers[0].recv(1) == b"", "the first has been sent away")
        strangers[-1].setblocking(False)
        with self.assertRaises(BlockingIOError):
            strangers[-1].recv(1)

    def test_nor_do_those_who_begin_a_handshake(self):
        # The head of a record, and the first byte of a ClientHello.
        self.flood(b"\x16\x03\x01\x02\x00\x01")
        self.well("list")
        self.assertLess(self.resident_mib(), 256)
        self.assertIn("the oldest make room", self.log())


if __name__ == "__main__":
    unittest.main()
