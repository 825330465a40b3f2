"""The command over TLS: everything as over the unix socket; and who is refused, by either side, hears why."""
import hashlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import unittest

from place import PoolPlace, until

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "laboratory"))
from certificates import DAY, Authority, now  # noqa: E402


class TlsPlace(PoolPlace):
    """A daemon with certificates, and a client's directory of them beside it."""

    @classmethod
    def setUpClass(cls):
        cls.ca = Authority("Laboratory CA")
        cls.node = cls.ca.issue("node1", "server", hosts=["localhost", "127.0.0.1"])
        cls.user = cls.ca.issue("user1", "client")

    def setUp(self):
        super().setUp()
        self.daemons, self.clients = self.directory / "daemons", self.directory / "clients"
        for folder in (self.daemons, self.clients):
            folder.mkdir()
            self.ca.put(folder)
        self.node.put(self.daemons, "server")
        self.user.put(self.clients, "client")
        self.local = self.uri
        self.open()

    def open(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.end_daemon()
        self.uri = self.local
        self.start_daemon("--tls", f"127.0.0.1:{self.port}", "--pki", self.daemons)
        self.well("pool", "start", "pool")
        self.uri = self.over_tls()

    def over_tls(self, host="localhost", more=""):
        return f"qemu+tls://{host}:{self.port}/system?pkipath={self.clients}{more}"

    def log(self):
        return (self.directory / "log").read_text()

    def refused_at(self, uri, says):
        return self.refused(5, says, "-c", uri, "list")


class Works(TlsPlace):
    def test_volumes_go_up_and_down(self):
        data = os.urandom(9_000_001)
        (self.work / "image").write_bytes(data)
        self.well("volume", "create", "pool/disk", "--capacity", "16M")
        self.well("volume", "upload", "pool/disk", "image")
        self.well("volume", "download", "pool/disk", "back", "--length", str(len(data)))
        self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256((self.work / "back").read_bytes()).digest())

    def test_the_daemon_tells_who_came(self):
        self.well("list")
        self.assertIn("C=GB,O=Probe,CN=user1", self.log())
        self.assertIn("TLSv1.3", self.log())

    def test_both_names_of_the_daemon_count(self):
        self.well("-c", self.over_tls("127.0.0.1"), "list")

    def test_certificates_are_read_again_while_a_stream_goes_on(self):
        other = Authority("Another CA")
        self.well("volume", "create", "pool/disk", "--capacity", "16M")
        upload = self.started("volume", "upload", "pool/disk", "-", stdin=subprocess.PIPE)
        upload.stdin.write(bytes(1 << 20))
        upload.stdin.flush()
        until(lambda: "disk" in self.well("-c", self.local, "streams"), "the upload is under way")
        other.put(self.daemons)
        other.issue("node1", "server", hosts=["localhost"]).put(self.daemons, "server")
        self.daemon.send_signal(signal.SIGHUP)
        until(lambda: "certificates were read again" in self.log(), "it says so")
        self.refused_at(self.over_tls(), "certificate")
        upload.stdin.write(bytes(1 << 20))
        upload.stdin.close()
        self.assertEqual(0, upload.wait(60))

    def test_a_revocation_list_that_vanishes_is_not_forgotten(self):
        self.ca.revoke(self.daemons, self.user)
        self.open()
        (self.daemons / "cacrl.pem").unlink()
        self.daemon.send_signal(signal.SIGHUP)
        until(lambda: "cacrl.pem' is gone" in self.log(), "it says so")
        self.refused_at(self.over_tls(), "revoked")

    def test_new_certificates_that_are_wrong_change_nothing(self):
        (self.daemons / "servercert.pem").write_text("nonsense")
        self.daemon.send_signal(signal.SIGHUP)
        until(lambda: "the old ones stay" in self.log(), "it says so")
        self.assertIn("servercert.pem", self.log())
        self.well("list")


class Refused(TlsPlace):
    """Each case with its own message; the daemon goes on."""

    def daemon_shows(self, issued, ca=None):
        (ca or self.ca).put(self.daemons)
        issued.put(self.daemons, "server")
        self.open()

    def client_shows(self, issued):
        issued.put(self.clients, "client")

    def test_a_daemon_of_another_name(self):
        self.daemon_shows(self.ca.issue("node2", "server", hosts=["node2.example"]))
        said = self.refused_at(self.over_tls(), "node2.example")
        self.assertIn("localhost", said)
        self.well("-c", self.over_tls(more="&no_verify=1"), "list")

    def test_a_daemon_of_another_ca(self):
        Authority("Another CA").put(self.clients)
        self.refused_at(self.over_tls(), "CA")

    def test_a_daemon_whose_certificate_was_revoked(self):
        self.ca.revoke(self.clients, self.node)
        self.refused_at(self.over_tls(), "revoked")

    def test_a_daemon_with_a_clients_certificate_does_not_start(self):
        self.wrong_at_start(self.ca.issue("node1", "client", hosts=["localhost"]), "server")

    def test_a_daemon_with_an_expired_certificate_does_not_start(self):
        self.wrong_at_start(self.ca.issue("node1", "server", since=now() - 9 * DAY, until=now() - DAY), "expired")

    def test_a_daemon_without_a_key_does_not_start(self):
        self.wrong_at_start(self.node, "serverkey.pem", without="serverkey.pem")

    def wrong_at_start(self, issued, says, without=None):
        issued.put(self.daemons, "server")
        if without:
            (self.daemons / without).unlink()
        self.end_daemon()
        done = subprocess.run([*self.daemon.args[:1], "--host", "test", "--state-dir", self.directory / "other", "--tls",
                               "127.0.0.1:0", "--pki", self.daemons], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn(says, done.stderr)
        self.uri = self.local
        self.start_daemon()

    def test_a_client_without_a_certificate(self):
        (self.clients / "clientcert.pem").unlink()
        self.refused_at(self.over_tls(), "certificate")
        until(lambda: "certificate" in self.log(), "the daemon says why")

    def test_a_client_of_another_ca(self):
        self.client_shows(Authority("Another CA").issue("user1", "client"))
        self.refused_at(self.over_tls(), "CA")

    def test_a_client_whose_certificate_was_revoked(self):
        self.ca.revoke(self.daemons, self.user)
        self.open()
        self.refused_at(self.over_tls(), "revoked")

    def test_a_client_whose_certificate_expired_or_is_not_valid_yet_is_told_by_its_own_side(self):
        self.client_shows(self.ca.issue("user1", "client", since=now() - 9 * DAY, until=now() - DAY))
        self.refused_at(self.over_tls(), "expired")
        self.client_shows(self.ca.issue("user1", "client", since=now() + DAY))
        self.refused_at(self.over_tls(), "not valid before")

    def test_a_client_with_a_daemons_certificate(self):
        self.client_shows(self.ca.issue("user1", "server"))
        self.refused_at(self.over_tls(), "client")

    def test_a_client_with_a_weak_key(self):
        self.client_shows(self.ca.issue("user1", "client", weak=True))
        self.refused_at(self.over_tls(), "1024")

    def test_files_that_are_missing_are_named(self):
        (self.clients / "cacert.pem").unlink()
        self.refused_at(self.over_tls(), f"{self.clients}/cacert.pem")

    def test_a_port_that_speaks_something_else(self):
        with socket.socket() as plain:
            plain.bind(("127.0.0.1", 0))
            plain.listen()
            client = self.started("-c", f"qemu+tls://localhost:{plain.getsockname()[1]}/system?pkipath={self.clients}", "list",
                                  stderr=subprocess.PIPE)
            peer, _ = plain.accept()
            with peer:
                peer.sendall(b"220 mail.example ESMTP\r\n" * 9)
                self.assertEqual(5, client.wait(60))
            self.assertIn(b"TLS", client.stderr.read())

    def test_a_port_that_hangs_up_at_once(self):
        with socket.socket() as rude:
            rude.bind(("127.0.0.1", 0))
            rude.listen()
            client = self.started("-c", f"qemu+tls://localhost:{rude.getsockname()[1]}/system?pkipath={self.clients}", "list",
                                  stderr=subprocess.PIPE)
            peer, _ = rude.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            self.assertEqual(5, client.wait(60))
        self.assertIn(b"cannot connect to 'qemu+tls://", client.stderr.read())

    def test_nobody_is_answered_before(self):
        call = bytes.fromhex("0000001c" "20008086" "00000001" "00000042" "00000000" "00000000" "00000000")
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as stranger:
            stranger.sendall(call)
            answer = stranger.recv(1000)
        self.assertNotIn(bytes.fromhex("20008086"), answer)
        self.well("list")

    def test_who_stands_still_is_given_up(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as stranger:
            self.well("list")
            self.assertEqual(b"", stranger.recv(1000))
        until(lambda: "the handshake was not complete after 10 s" in self.log(), "the log says why")


if __name__ == "__main__":
    unittest.main()
