"""Pools and volumes: every command, and the bytes of volumes in ranges, through pipes and with holes."""
import json
import os
import pty
import random
import signal
import subprocess
import unittest

from place import Place, PoolPlace, until

MIB = 1 << 20


class Storage(PoolPlace):
    def volume(self, name, capacity, *more):
        self.well("volume", "create", f"pool/{name}", "--capacity", capacity, *more)
        return self.place / name

    def random_file(self, name, size):
        content = random.Random(name).randbytes(size)
        (self.work / name).write_bytes(content)
        return content

    def info(self, volume):
        return json.loads(self.well("volume", "info", volume, "--json"))


class Pools(Storage):
    def test_life_of_a_pool(self):
        self.assertEqual(["Name  State    Autostart", "pool  running  no"], self.well("pool", "list").splitlines())
        self.assertEqual("Pool 'pool' refreshed\n", self.well("pool", "refresh", "pool"))
        self.assertEqual("Pool 'pool' destroyed\n", self.well("pool", "destroy", "pool"))
        self.assertEqual(1, len(self.well("pool", "list", "--active").splitlines()))
        self.assertEqual(2, len(self.well("pool", "list", "--inactive").splitlines()))
        self.well("pool", "delete", "pool")
        self.assertFalse(self.place.exists())
        self.refused(1, "No such file", "pool", "start", "pool")
        self.well("pool", "build", "pool")
        self.assertTrue(self.place.is_dir())
        self.assertEqual("Pool 'pool' undefined\n", self.well("pool", "undefine", "pool"))
        self.assertEqual([], json.loads(self.well("pool", "list", "--json")))

    def test_info_and_xml(self):
        info = json.loads(self.well("pool", "info", "pool", "--json"))
        self.assertEqual({"name", "uuid", "state", "persistent", "autostart", "capacity", "allocation", "available"},
                         set(info))
        self.assertEqual("pool", json.loads(self.well("pool", "info", info["uuid"], "--json"))["name"])
        self.assertIn("State:       running\n", self.well("pool", "info", "pool"))
        self.assertIn(f"<path>{self.place}</path>", self.well("pool", "xml", "pool", "--inactive"))
        self.assertIn("<pool", json.loads(self.well("pool", "xml", "pool", "--json"))["xml"])

    def test_autostart(self):
        self.well("pool", "autostart", "pool")
        self.assertTrue(json.loads(self.well("pool", "list", "--json"))[0]["autostart"])
        self.well("pool", "autostart", "pool", "--disable")
        self.assertFalse(json.loads(self.well("pool", "list", "--json"))[0]["autostart"])

    def test_a_pool_that_passes(self):
        xml = f"<pool type='dir'><name>passing</name><target><path>{self.directory}/passing</path></target></pool>"
        self.assertEqual("Pool 'passing' created\n", self.well("pool", "create", "-", "--build", input=xml.encode()))
        done = json.loads(self.well("pool", "destroy", "passing", "--json"))
        self.assertEqual(("passing", "destroyed"), (done["name"], done["done"]))
        self.refused(3, "passing", "pool", "info", "passing")

    def test_refusals(self):
        self.refused(3, "'none'", "pool", "start", "none")
        self.refused(3, "'none'", "volume", "list", "none")
        self.refused(1, "active", "pool", "undefine", "pool")
        self.refused(4, "", "-r", "pool", "destroy", "pool")
        for arguments in (["pool"], ["pool", "start"], ["pool", "bogus"], ["volume"], ["volume", "info", "nothing"],
                          ["volume", "info", "pool/"], ["volume", "create", "pool/a"],
                          ["volume", "create", "pool/a", "--capacity", "much"],
                          ["volume", "create", "pool/a", "--capacity", "1M", "--format", "vmdk"],
                          ["volume", "create", "pool/a", "--capacity", "1M", "--xml", "x"],
                          ["volume", "upload", "pool/a", "x", "--offset", "-1"], ["volume", "download", "pool/a"]):
            self.assertEqual(2, self.sluice(*arguments).returncode, arguments)


class Volumes(Storage):
    def test_created_listed_described_and_deleted(self):
        self.assertEqual("Volume 'pool/a' created\n", self.well("volume", "create", "pool/a", "--capacity", "3MiB"))
        self.assertEqual(3 * MIB, (self.place / "a").stat().st_size)
        self.assertEqual(0, (self.place / "a").stat().st_blocks)
        full = self.volume("full", "1MiB", "--allocation", "1MiB")
        self.assertGreaterEqual(full.stat().st_blocks * 512, MIB)
        self.assertEqual("a     3.0 MiB   0 B", self.well("volume", "list", "pool").splitlines()[1])
        self.assertEqual(["a", "full"], [each["name"] for each in json.loads(self.well("volume", "list", "pool", "--json"))])
        self.assertEqual((3 * MIB, 0, 3 * MIB), tuple(self.info("pool/a")[key] for key in ("capacity", "allocation", "physical")))
        self.assertIn("Capacity:    3.0 MiB\n", self.well("volume", "info", "pool/a"))
        self.assertEqual(f"{self.place}/a\n", self.well("volume", "path", "pool/a"))
        self.assertEqual("a", self.info(f"{self.place}/a")["name"])
        self.assertIn("<name>a</name>", self.well("volume", "xml", "pool/a"))
        self.assertEqual("Volume 'pool/a' deleted\n", self.well("volume", "delete", "pool/a"))
        self.assertFalse((self.place / "a").exists())
        self.refused(3, "'a'", "volume", "delete", "pool/a")

    def test_names_are_escaped_and_definitions_taken(self):
        self.well("volume", "create", "pool/a<&>b", "--capacity", "1K")
        self.assertTrue((self.place / "a<&>b").exists())
        xml = b"<volume><name>defined</name><capacity unit='KiB'>5</capacity></volume>"
        self.assertEqual("Volume 'pool/defined' created\n", self.well("volume", "create", "pool", "--xml", "-", input=xml))

    def test_images_are_cloned_and_resized(self):
        self.volume("disk.qcow2", "16MiB", "--format", "qcow2")
        self.assertEqual("Volume 'pool/twin' created\n", self.well("volume", "clone", "pool/disk.qcow2", "twin"))
        self.assertEqual(b"QFI\xfb", (self.place / "twin").read_bytes()[:4])
        self.well("volume", "resize", "pool/twin", "32MiB")
        self.assertEqual(32 * MIB, self.info("pool/twin")["capacity"])
        self.assertEqual(16 * MIB, self.info("pool/disk.qcow2")["capacity"])
        self.volume("raw", "2MiB")
        self.refused(1, "", "volume", "resize", "pool/raw", "1MiB")
        self.well("volume", "resize", "pool/raw", "1MiB", "--shrink")
        self.assertEqual(MIB, (self.place / "raw").stat().st_size)

    def test_bytes_go_up_and_come_down(self):
        content = self.random_file("file", 3 * MIB + 5)
        path = self.volume("a", str(len(content)))
        self.assertEqual("Volume 'pool/a' uploaded from 'file'\n", self.well("volume", "upload", "pool/a", "file"))
        self.assertEqual(content, path.read_bytes())
        self.assertEqual("Volume 'pool/a' downloaded to 'back'\n", self.well("volume", "download", "pool/a", "back"))
        self.assertEqual(content, (self.work / "back").read_bytes())
        self.well("volume", "wipe", "pool/a")
        self.assertEqual(bytes(len(content)), path.read_bytes())

    def test_ranges(self):
        path = self.volume("a", "1MiB")
        content = self.random_file("file", 1000)
        self.well("volume", "upload", "pool/a", "file", "--offset", "4KiB", "--length", "1000")
        self.assertEqual(bytes(4096) + content + bytes(MIB - 5096), path.read_bytes())
        self.well("volume", "download", "pool/a", "back", "--offset", "4000", "--length", "200")
        self.assertEqual(bytes(96) + content[:104], (self.work / "back").read_bytes())
        self.well("volume", "download", "pool/a", "tail", "--offset", str(MIB - 7))
        self.assertEqual(bytes(7), (self.work / "tail").read_bytes())
        self.refused(1, "at most 999 are wanted", "volume", "upload", "pool/a", "file", "--length", "999")

    def test_pipes(self):
        content = self.random_file("file", 5 * MIB)
        path = self.volume("a", "5MiB")
        self.well("volume", "upload", "pool/a", "-", input=content)
        self.assertEqual(content, path.read_bytes())
        self.assertEqual(content, self.sluice("volume", "download", "pool/a", "-").stdout)
        self.assertEqual(content, self.sluice("volume", "download", "pool/a", "-", "--sparse").stdout)
        os.mkfifo(self.work / "pipe")
        process = self.started("volume", "upload", "pool/a", "pipe", "--offset", "1MiB", stdout=subprocess.DEVNULL)
        (self.work / "pipe").write_bytes(b"through the pipe")
        self.assertEqual(0, process.wait(60))
        self.assertEqual(b"through the pipe", path.read_bytes()[MIB:MIB + 16])

    def test_holes_stay_holes(self):
        path = self.volume("a", "64MiB")
        with open(self.work / "file", "wb") as file:
            file.truncate(64 * MIB)
            file.seek(10 * MIB)
            file.write(b"data" * MIB)
        content = (self.work / "file").read_bytes()
        self.well("volume", "upload", "pool/a", "file", "--sparse")
        self.assertEqual(content, path.read_bytes())
        self.assertLess(path.stat().st_blocks * 512, 8 * MIB)
        self.well("volume", "download", "pool/a", "back", "--sparse")
        with open(self.work / "redirected", "wb") as out:
            self.assertEqual(0, self.sluice("volume", "download", "pool/a", "-", "--sparse", stdout=out).returncode)
        for name in ("back", "redirected"):
            self.assertEqual(content, (self.work / name).read_bytes())
            self.assertLess((self.work / name).stat().st_blocks * 512, 8 * MIB, name)
        self.assertEqual(content, self.sluice("volume", "download", "pool/a", "-", "--sparse").stdout)

    def test_what_fails_says_why_and_leaves_nothing(self):
        self.volume("small", "1MiB")
        self.random_file("file", 2 * MIB)
        self.refused(1, "cannot open 'absent': No such file or directory", "volume", "upload", "pool/small", "absent")
        self.assertNotIn("incomplete", self.well("volume", "xml", "pool/small"))
        self.refused(1, "volume 'small'", "volume", "upload", "pool/small", "file")
        self.refused(3, "'none'", "volume", "upload", "pool/none", "file")
        self.refused(3, "'none'", "volume", "download", "pool/none", "back")
        self.refused(3, "/none", "volume", "download", "/none", "back")
        self.refused(1, "", "volume", "download", "pool/small", "back", "--offset", "2MiB")
        self.refused(1, "cannot write '/dev/full': No space left", "volume", "download", "pool/small", "/dev/full")
        self.refused(4, "", "-r", "volume", "upload", "pool/small", "file")
        self.assertEqual(["file"], self.names())

    def test_bytes_are_not_for_terminals(self):
        self.volume("a", "1K")
        ours, theirs = pty.openpty()
        try:
            done = self.sluice("volume", "download", "pool/a", "-", stdout=theirs, stderr=subprocess.PIPE)
            self.assertEqual(2, done.returncode)
            self.assertIn(b"not for a terminal", done.stderr)
            self.refused(2, "not come from a terminal", "volume", "upload", "pool/a", "-", stdin=theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def test_progress_knows_the_total_both_ways(self):
        self.volume("a", "3MiB")
        self.random_file("file", 2 * MIB)
        for arguments, total in ((["upload", "pool/a", "file"], 2 * MIB),
                                 (["download", "pool/a", "back", "--offset", "1K"], 3 * MIB - 1024)):
            done = self.sluice("volume", *arguments, "--progress=json")
            last = json.loads(done.stderr.splitlines()[-1])
            self.assertEqual((total, total, True), (last["bytes"], last["total"], last["done"]))

    def test_ctrl_c_in_a_download_leaves_no_file(self):
        self.volume("large", "1TiB")
        process = self.started("volume", "download", "pool/large", "back", stderr=subprocess.PIPE)
        until(lambda: any(".partial-" in name for name in self.names()), "the file is begun")
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(60))
        self.assertEqual(b"sluice: interrupted\n", process.stderr.read())
        self.assertEqual([], self.names())

    def test_ctrl_c_in_an_upload_leaves_an_incomplete_volume_that_can_be_uploaded_to(self):
        self.volume("a", "1MiB")
        os.mkfifo(self.work / "pipe")
        process = self.started("volume", "upload", "pool/a", "pipe", stderr=subprocess.PIPE)
        with open(self.work / "pipe", "wb", buffering=0) as pipe:
            pipe.write(b"begun")
            until(lambda: (self.place / "a").read_bytes()[:5] == b"begun", "it arrives")
            process.send_signal(signal.SIGINT)
            self.assertEqual(130, process.wait(60))
        self.assertIn("incomplete", self.well("volume", "xml", "pool/a"))
        self.well("volume", "upload", "pool/a", "-", input=b"all")
        self.assertNotIn("incomplete", self.well("volume", "xml", "pool/a"))


class InMemory(Place):
    """The daemon whose host is memory: the same commands, and nothing of it on a disk."""

    def test_volumes_go_up_and_come_down_with_their_holes(self):
        content = random.Random(1).randbytes(MIB)
        with open(self.work / "file", "wb") as file:
            file.write(content)
            file.seek(30 * MIB)
            file.write(content)
        self.well("volume", "create", "default-pool/a", "--capacity", "31MiB")
        self.well("volume", "upload", "default-pool/a", "file", "--sparse")
        self.assertEqual(2 * MIB, json.loads(self.well("volume", "info", "default-pool/a", "--json"))["allocation"])
        self.well("volume", "download", "default-pool/a", "back", "--sparse")
        self.assertEqual((self.work / "file").read_bytes(), (self.work / "back").read_bytes())
        self.assertLess((self.work / "back").stat().st_blocks * 512, 4 * MIB)
        self.assertEqual("/default-pool/a\n", self.well("volume", "path", "default-pool/a"))
        self.assertFalse(os.path.exists("/default-pool"))

    def test_memory_that_is_full(self):
        self.refused(1, "cannot create volume 'a' of storage pool 'default-pool': cannot take 1073741824 bytes of memory",
                     "volume", "create", "default-pool/a", "--capacity", "1GiB", "--allocation", "1GiB")
        self.assertEqual([], json.loads(self.well("volume", "list", "default-pool", "--json")))


if __name__ == "__main__":
    unittest.main()
