"""`sluice pki`: what it makes works, toward libvirt's client too; and what it says of sets that do not."""
import json
import resource
import shutil
import signal
import socket
import subprocess
import unittest

from place import PoolPlace, until

OPENSSL = ["openssl", "x509", "-noout", "-text", "-in"]


class PkiPlace(PoolPlace):
    def setUp(self):
        super().setUp()
        self.lab = self.directory / "lab"

    def make(self, *hosts):
        self.well("pki", "ca", self.lab, "--name", "O=Example,CN=Example CA")
        self.well("pki", "server", self.lab, *(hosts or ("localhost", "127.0.0.1")))
        self.well("pki", "client", self.lab, "O=Example,CN=alice")

    def facts(self, name):
        return subprocess.run([*OPENSSL, self.lab / name], capture_output=True, text=True, check=True).stdout


class Makes(PkiPlace):
    def test_a_set_with_which_clients_reach_the_daemon(self):
        self.make()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.end_daemon()
        self.start_daemon("--tls", f"127.0.0.1:{port}", "--pki", self.lab, "--tls-allowed", "O=Example,CN=alice")
        for host in ("localhost", "127.0.0.1"):
            uri = f"qemu+tls://{host}:{port}/system?pkipath={self.lab}"
            self.well("-c", uri, "list")
            done = subprocess.run(["virsh", "-c", uri, "list"], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("'O=Example,CN=alice'", (self.directory / "log").read_text())

    def test_who_is_not_on_the_list_is_not_let_in(self):
        self.make()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.end_daemon()
        self.start_daemon("--tls", f"127.0.0.1:{port}", "--pki", self.lab, "--tls-allowed", "O=Example,CN=bob*")
        self.assertEqual(5, self.sluice("-c", f"qemu+tls://localhost:{port}/system?pkipath={self.lab}", "list").returncode)
        until(lambda: "O=Example,CN=alice" in (self.directory / "log").read_text(), "the daemon says who it was")

    def test_keys_are_for_their_owner_alone(self):
        self.make()
        for name in ("ca", "server", "client"):
            self.assertEqual(0o600, (self.lab / f"{name}key.pem").stat().st_mode & 0o777)
            self.assertEqual(0o644, (self.lab / f"{name}cert.pem").stat().st_mode & 0o777)

    def test_certificates_say_what_they_are_for(self):
        self.make("node1.example", "192.0.2.7", "2001:db8::7", "*.lab.example")
        ca, server, client = (self.facts(f"{name}cert.pem") for name in ("ca", "server", "client"))
        self.assertIn("CA:TRUE", ca)
        self.assertIn("Certificate Sign, CRL Sign", ca)
        self.assertIn("TLS Web Server Authentication", server)
        self.assertRegex(server, "DNS:node1.example, IP Address:192.0.2.7, IP Address:2001:DB8:.*:7, DNS:\\*.lab.example")
        self.assertIn("TLS Web Client Authentication", client)
        self.assertNotIn("CA:TRUE", server + client)

    def test_nothing_is_written_over_and_nothing_half_done_is_left(self):
        self.make()
        before = {path.name: path.read_bytes() for path in self.lab.iterdir()}
        for words in (("ca", self.lab), ("server", self.lab, "other"), ("client", self.lab, "other")):
            self.refused(1, "is there already", "pki", *words)
        (self.lab / "servercert.pem").unlink()
        self.refused(1, "serverkey.pem' is there already", "pki", "server", self.lab, "other")
        self.assertFalse((self.lab / "servercert.pem").exists())
        del before["servercert.pem"]
        self.assertEqual(before, {path.name: path.read_bytes() for path in self.lab.iterdir()})

    def test_what_cannot_be_written_leaves_nothing(self):
        def allow(size):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        self.refused(1, "cacert.pem': File too large", "pki", "ca", self.lab, preexec_fn=lambda: allow(100))
        self.assertEqual([], list(self.lab.iterdir()))
        self.well("pki", "ca", self.lab)

    def test_what_makes_no_sense_is_refused_by_name(self):
        self.make()
        for name in ("servercert.pem", "serverkey.pem", "clientcert.pem", "clientkey.pem"):
            (self.lab / name).unlink()
        for says, words in (("'no host' is neither", ("server", self.lab, "no host")),
                            ("'a,DNS:b' is neither", ("server", self.lab, "a,DNS:b")),
                            ("'' is neither", ("server", self.lab, "")),
                            ("'NONSENSE=x' is no part", ("client", self.lab, "NONSENSE=x")),
                            ("'CN=' is no part", ("client", self.lab, "CN=")),
                            ("1 to 36500 days, not 0", ("client", self.lab, "alice", "--days", "0")),
                            ("lasts until", ("client", self.lab, "alice", "--days", "36000")),
                            ("cacert.pem", ("client", self.directory, "alice"))):
            self.refused(1, says, "pki", *words)
        self.assertEqual(["cacert.pem", "cakey.pem"], sorted(path.name for path in self.lab.iterdir()))


class Checks(PkiPlace):
    def test_a_good_set_is_told_with_its_end(self):
        self.make()
        said = self.well("pki", "check", self.lab, "--host", "localhost")
        self.assertRegex(said, r"servercert.pem: good until 20\d\d-\d\d-\d\d, for CN=localhost at localhost, 127.0.0.1")
        self.assertIn("clientcert.pem: good until", said)
        told = json.loads(self.well("pki", "check", self.lab, "--json"))
        self.assertEqual(["CN=localhost", "O=Example,CN=alice"], [one["name"] for one in told])
        self.assertEqual(1, len(json.loads(self.well("pki", "check", self.lab, "--client", "--json"))))

    def test_another_host_another_ca_and_another_key(self):
        self.make()
        self.refused(1, "not for 'node2.example'", "pki", "check", self.lab, "--host", "node2.example")
        other = self.directory / "other"
        self.well("pki", "ca", other)
        for name in ("servercert.pem", "serverkey.pem"):
            shutil.copy(self.lab / name, other)
        self.refused(1, "servercert.pem", "pki", "check", other)
        shutil.copy(other / "cakey.pem", self.lab / "serverkey.pem")
        self.refused(1, "does not belong to the certificate", "pki", "check", self.lab)

    def test_files_that_are_missing_or_cannot_be_read(self):
        self.refused(1, "there is neither", "pki", "check", self.directory)
        self.make()
        (self.lab / "serverkey.pem").unlink()
        self.refused(1, "serverkey.pem", "pki", "check", self.lab)
        self.well("pki", "check", self.lab, "--client")
        self.refused(1, "serverkey.pem", "pki", "check", self.lab, "--client", "--host", "localhost")
        (self.lab / "cacert.pem").write_text("nonsense")
        self.refused(1, "cacert.pem", "pki", "check", self.lab, "--client")

    def test_certificates_in_the_wrong_place(self):
        self.make()
        for kind in ("cert", "key"):
            shutil.copy(self.lab / f"client{kind}.pem", self.lab / f"server{kind}.pem")
        self.refused(1, "servercert.pem", "pki", "check", self.lab, "--server")


if __name__ == "__main__":
    unittest.main()
