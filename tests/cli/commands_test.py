"""Every command, its output in both forms, and the exit codes."""
import json
import subprocess
import unittest

from place import SLUICE, Place


class Commands(Place):
    def test_list_shows_all_active_or_inactive(self):
        self.assertEqual(["Id  Name  State", "1   test  running"], self.well("list").splitlines())
        self.assertEqual(1, len(self.well("list", "--inactive").splitlines()))
        self.well("destroy", "test")
        self.assertEqual(["Id  Name  State", "-   test  shut off"], self.well("list", "--inactive").splitlines())
        self.assertEqual(1, len(self.well("list", "--active").splitlines()))

    def test_list_as_json(self):
        machine, = json.loads(self.well("list", "--json"))
        self.assertEqual(("test", 1, "running"), (machine["name"], machine["id"], machine["state"]))
        self.well("destroy", "test")
        machine, = json.loads(self.well("--json", "list"))
        self.assertIsNone(machine["id"])
        self.assertEqual([], json.loads(self.well("list", "--active", "--json")))

    def test_life_of_a_machine(self):
        for command, state, says in (("pause", "paused", "paused"), ("resume", "running", "resumed"),
                                     ("reset", "running", "reset"), ("reboot", "running", "asked to reboot"),
                                     ("destroy", "shut off", "destroyed"), ("start", "running", "started")):
            self.assertEqual(f"Machine 'test' {says}\n", self.well(command, "test"))
            self.assertEqual(state, self.state())
        self.well("destroy", "test")
        self.well("start", "test", "--paused")
        self.assertEqual("paused", self.state())

    def test_shutdown_asks_the_guest(self):
        self.assertEqual("Machine 'test' asked to shut down\n", self.well("shutdown", "test"))

    def test_a_machine_has_a_name_a_uuid_and_an_id(self):
        info = json.loads(self.well("info", "test", "--json"))
        for name in ("test", info["uuid"], str(info["id"])):
            self.assertEqual(info["uuid"], json.loads(self.well("info", name, "--json"))["uuid"])

    def test_info(self):
        lines = dict(line.split(":", 1) for line in self.well("info", "test").splitlines())
        self.assertEqual("running", lines["State"].strip())
        info = json.loads(self.well("info", "test", "--json"))
        self.assertEqual({"name", "uuid", "id", "state", "vcpus", "memory_kib", "memory_max_kib", "cpu_time_ns",
                          "persistent", "autostart"}, set(info))

    def test_define_undefine_and_xml(self):
        xml = self.well("xml", "--inactive", "test")
        uuid = json.loads(self.well("info", "test", "--json"))["uuid"]
        second = xml.replace("<name>test<", "<name>second<").replace(f"<uuid>{uuid}</uuid>", "")
        (self.work / "second.xml").write_text(second)
        self.assertEqual("Machine 'second' defined\n", self.well("define", "second.xml"))
        self.assertEqual("second", json.loads(self.well("xml", "second", "--json"))["name"])
        self.assertIn("<name>second</name>", self.well("xml", "second"))
        self.well("undefine", "second")
        self.assertEqual("Machine 'second' defined\n", self.well("define", "-", input=second.encode()))

    def test_what_was_done_as_json(self):
        done = json.loads(self.well("pause", "test", "--json"))
        self.assertEqual(("test", "paused"), (done["name"], done["done"]))

    def test_version(self):
        versions = json.loads(self.well("version", "--json"))
        self.assertTrue(versions["sluice"])
        self.assertEqual(f"sluice {versions['library']}\n", self.well("--version"))
        self.assertIn(f"libsluice {versions['library']}", self.well("version"))

    def test_procedures_are_listed(self):
        self.assertIn("0x534c4355    4  up   operate domain_restore\n", self.well("--list-procedures"))
        lines = [json.loads(line) for line in self.well("--list-procedures", "--json").splitlines()]
        self.assertIn("connect_open", {line["name"] for line in lines})

    def test_without_a_command_there_is_help_and_a_usage_error(self):
        done = self.sluice()
        self.assertEqual(2, done.returncode)
        self.assertIn(b"Subcommands:", done.stderr)
        self.assertIn("Subcommands:", self.well("--help"))

    def test_bad_command_lines_are_usage_errors(self):
        for arguments in (["bogus"], ["start"], ["save", "test"], ["list", "--active", "--inactive"],
                          ["save", "test", "x", "--level", "3"], ["save", "test", "x", "--zstd", "--level", "77"],
                          ["save", "test", "x", "--limit", "fast"], ["restore", "x", "--limit", "-1"],
                          ["limit", "1", "-5"], ["limit", "1"], ["cancel", "x"], ["streams", "--interval", "2"],
                          ["streams", "--watch", "--interval", "0"], ["restore", "x", "--running", "--paused"],
                          ["--progress=loud", "save", "test", "x"], ["--progress=json:99", "save", "test", "x"]):
            self.assertEqual(2, self.sluice(*arguments).returncode, arguments)
        self.assertEqual("running", self.state())
        self.assertEqual([], self.names())

    def test_a_bad_uri_says_what_is_wrong(self):
        self.refused(2, "there is no transport 'xyz'", "-c", "qemu+xyz:///system", "list")
        self.refused(2, "not of the form", "-c", "nonsense", "list")

    def test_an_unknown_machine_is_not_found(self):
        for arguments in (["start", "nobody"], ["save", "nobody", "x"], ["console", "nobody"], ["xml", "nobody"],
                          ["info", "77"], ["info", "00000000-0000-0000-0000-000000000000"]):
            self.assertEqual(3, self.sluice(*arguments).returncode, arguments)
        self.assertEqual("sluice: there is no machine called 'nobody'\n", self.refused(3, "", "start", "nobody"))

    def test_readers_are_not_permitted_to_change_anything(self):
        self.well("-r", "list")
        self.refused(4, "", "--readonly", "destroy", "test")
        self.refused(4, "", "-r", "save", "test", "x")
        self.assertEqual([], self.names())

    def test_no_daemon_is_no_connection(self):
        self.refused(5, "No such file", "-c", "qemu+unix:///system?socket=/nowhere/sock", "list")

    def test_what_fails_exits_with_1_and_one_line(self):
        self.assertEqual(1, self.refused(1, "", "start", "test").count("\n"))
        self.refused(1, "No such file or directory", "define", "absent.xml")
        self.refused(1, "", "define", "-", input=b"<domain")

    def test_the_uri_of_the_environment_gives_way_to_the_option(self):
        nowhere = self.environment(SLUICE_URI="qemu+unix:///system?socket=/nowhere/sock")
        self.assertEqual(5, self.sluice("list", env=nowhere).returncode)
        self.assertEqual(0, self.sluice("-c", self.uri, "list", env=nowhere).returncode)
        self.assertEqual(0, self.sluice("list", "--connect", self.uri, env=nowhere).returncode)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            done = self.sluice("list", stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(1, done.returncode)

    def test_the_host_of_memory_needs_no_daemon(self):
        done = subprocess.run([SLUICE, "-c", "test:///default", "list"], capture_output=True, check=True, timeout=60)
        self.assertIn(b"test  running", done.stdout)


if __name__ == "__main__":
    unittest.main()
