"""Settings from a file: what they do, what is said of those that are wrong, and what rules let clients do."""
import os
import pathlib
import subprocess
import sys
import unittest

from place import SLUICED, Place

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "laboratory"))
from certificates import Authority  # noqa: E402
from sasl import put_answers, put_passwords  # noqa: E402


class ConfigPlace(Place):
    SETTINGS = ""

    def start_daemon(self, *more):
        self.settings = self.directory / "sluiced.toml"
        self.settings.write_text(self.SETTINGS)
        super().start_daemon("--config", self.settings, *more)

    def check(self, text, *more):
        self.settings.write_text(text)
        return subprocess.run([SLUICED, "--check-config", "--config", self.settings, "--state-dir", self.directory / "other", *more],
                              capture_output=True, text=True, timeout=60, check=False)


class Checks(ConfigPlace):
    SETTINGS = "log_level = 'debug'\n"

    def test_settings_of_a_file_count(self):
        self.well("list")
        self.assertIn("debug", (self.directory / "log").read_text())

    def test_good_ones_are_called_good_and_nothing_is_started(self):
        done = self.check("host = 'test'\n")
        self.assertEqual((0, "sluiced: the settings are good\n", ""), (done.returncode, done.stdout, done.stderr))
        self.assertFalse((self.directory / "other").exists())

    def test_mistakes_are_named_with_file_line_and_column(self):
        done = self.check("host = 'test'\n[tls]\nlisten = '0.0.0.0'\nauht = 'sasl'\n")
        self.assertEqual(2, done.returncode)
        self.assertIn(f"{self.settings}:4:1: there is no setting 'tls.auht'", done.stderr)
        done = self.check("host = \n")
        self.assertEqual(2, done.returncode)
        self.assertIn(f"{self.settings}:1:", done.stderr)

    def test_certificates_and_passwords_are_checked_as_at_the_start(self):
        pki = self.directory / "pki"
        pki.mkdir()
        tls = f"[tls]\nlisten = '127.0.0.1'\npki = '{pki}'\n"
        self.assertIn("cacert.pem", self.check(tls).stderr)
        ca = Authority("Laboratory CA")
        ca.put(pki)
        ca.issue("node1", "server", hosts=["localhost"]).put(pki, "server")
        self.assertEqual(0, self.check(tls).returncode)
        secrets = self.directory / "sasl"
        secrets.mkdir()
        put_passwords(secrets, "sluice", ("digest-md5",))
        done = self.check(f"{tls}auth = 'sasl'\n[sasl]\nconf = '{secrets}'\n")
        self.assertEqual(1, done.returncode)
        self.assertIn("none of the mechanisms SCRAM-SHA-512, SCRAM-SHA-256", done.stderr)
        put_passwords(secrets, "sluice")
        self.assertEqual(0, self.check(f"{tls}auth = 'sasl'\n[sasl]\nconf = '{secrets}'\n").returncode)


class Rules(ConfigPlace):
    """Each user may do what his rule says, and is told which role he lacks."""

    SETTINGS = """
[socket]
auth = "sasl"
[[rule]]
users = ["boss"]
role = "admin"
[[rule]]
users = ["op*"]
role = "operate"
[[rule]]
users = ["guest"]
role = "monitor"
"""

    def start_daemon(self, *more):
        self.secrets = self.directory / "sasl"
        if not self.secrets.exists():
            self.secrets.mkdir(0o700)
            put_passwords(self.secrets, "sluice", boss="b", operator="o", guest="g", nobody="n")
            self.plain = self.uri
            self.uri = self.as_user("boss")
        super().start_daemon("--sasl-conf", self.secrets, *more)

    def as_user(self, user):
        return f"{self.plain}&authfile={put_answers(self.secrets / user, user, user[0])}"

    def test_a_monitor_looks(self):
        guest = self.as_user("guest")
        self.well("-c", guest, "info", "test")
        self.refused(4, "needs the role 'operate'", "-c", guest, "pause", "test")
        self.refused(4, "needs the role", "-c", guest, "undefine", "test")
        self.assertEqual("running", self.state())

    def test_an_operator_uses_what_is_there(self):
        operator = self.as_user("operator")
        self.well("-c", operator, "pause", "test")
        self.well("-c", operator, "resume", "test")
        self.refused(4, "needs the role 'admin'", "-c", operator, "xml", "test", "--secure")

    def test_who_fits_no_rule_may_do_nothing(self):
        self.refused(4, "by the rules of this daemon user nobody may do nothing", "-c", self.as_user("nobody"), "list")


class LocalRules(ConfigPlace):
    SETTINGS = f"[[rule]]\nlocal = [{os.geteuid()}]\nrole = 'monitor'\n"

    def test_local_users_have_rules_too(self):
        self.well("list")
        self.refused(4, "needs the role 'operate'", "pause", "test")


if __name__ == "__main__":
    unittest.main()
