"""The unmodified virsh and its pools and volumes: what must hold with libvirtd, too. The bytes are compared."""
import re
import subprocess
import unittest
import xml.etree.ElementTree

from storage_bed import MIB, StorageBed, digest


class Storage(StorageBed):
    def test_a_pool_is_listed_and_described(self):
        self.assertRegex(self.ask("pool-list", "--all"), rf"{self.pool}\s+active\s+no")
        info = self.ask("pool-info", self.pool)
        self.assertRegex(info, r"State:\s+running")
        self.assertRegex(info, r"Persistent:\s+yes")
        self.assertRegex(info, r"Capacity:\s+\d")
        shown = xml.etree.ElementTree.fromstring(self.ask("pool-dumpxml", self.pool))
        self.assertEqual("dir", shown.get("type"))
        self.assertEqual(str(self.place), shown.findtext("target/path"))
        uuid = self.ask("pool-uuid", self.pool).strip()
        self.assertEqual(self.pool, self.ask("pool-name", uuid).strip())

    def test_a_pool_lives_from_definition_to_undefinition(self):
        name, place = f"{self.pool}-life", self.daemon.folder / "life"
        self.ask("pool-define-as", name, "dir", "--target", str(place))
        self.assertRegex(self.ask("pool-list", "--inactive"), name)
        self.refused("No such file or directory", "pool-start", name)
        self.ask("pool-build", name)
        self.assertTrue(place.is_dir())
        self.ask("pool-autostart", name)
        self.assertRegex(self.ask("pool-info", name), r"Autostart:\s+yes")
        self.ask("pool-start", name)
        self.refused("active", "pool-start", name)
        self.refused("active", "pool-undefine", name)
        self.ask("pool-destroy", name)
        self.ask("pool-delete", name)
        self.assertFalse(place.exists())
        self.ask("pool-undefine", name)
        self.refused("not found|no storage pool", "pool-info", name)

    def test_a_transient_pool_is_gone_when_it_is_stopped(self):
        name, place = f"{self.pool}-transient", self.daemon.folder / "transient"
        place.mkdir()
        self.ask("pool-create-as", name, "dir", "--target", str(place))
        self.assertRegex(self.ask("pool-info", name), r"Persistent:\s+no")
        self.ask("pool-destroy", name)
        self.assertNotIn(name, self.ask("pool-list", "--all"))

    def test_a_volume_is_listed_described_and_found(self):
        path = self.volume("found.img", "3M", "--allocation", "0")
        self.assertRegex(self.ask("vol-list", self.pool), rf"found.img\s+{re.escape(str(path))}")
        self.assertRegex(self.ask("vol-list", self.pool, "--details"), r"found.img.*file\s+3.00 MiB")
        self.assertEqual(3 * MIB, path.stat().st_size)
        self.assertEqual(0, path.stat().st_blocks)
        self.assertEqual(str(path), self.ask("vol-path", "--pool", self.pool, "found.img").strip())
        self.assertEqual("found.img", self.ask("vol-name", str(path)).strip())
        self.assertEqual(self.pool, self.ask("vol-pool", str(path)).strip())
        self.assertRegex(self.ask("vol-info", "--bytes", str(path)), rf"Capacity:\s+{3 * MIB}\b")
        shown = xml.etree.ElementTree.fromstring(self.ask("vol-dumpxml", "--pool", self.pool, "found.img"))
        self.assertEqual("raw", shown.find("target/format").get("type"))

    def test_what_is_there_already_is_not_overwritten(self):
        self.volume("twice.img")
        self.refused("exists|already", "vol-create-as", self.pool, "twice.img", "1M")

    def test_upload_and_download(self):
        path, source = self.volume("whole.img"), self.random_file("whole", 8 * MIB)
        self.ask("vol-upload", "--pool", self.pool, "whole.img", str(source))
        self.assertEqual(digest(source), digest(path))
        back = self.daemon.folder / "whole.back"
        self.ask("vol-download", "--pool", self.pool, "whole.img", str(back))
        self.assertEqual(digest(source), digest(back))

    def test_a_part_goes_where_it_belongs(self):
        path, source = self.volume("part.img"), self.random_file("part", MIB)
        self.ask("vol-upload", "--pool", self.pool, "part.img", str(source), "--offset", str(3 * MIB + 5), "--length", str(MIB))
        with open(path, "rb") as file:
            content = file.read()
        self.assertEqual(source.read_bytes(), content[3 * MIB + 5:4 * MIB + 5])
        self.assertEqual(bytes(3 * MIB + 5), content[:3 * MIB + 5])
        self.assertEqual(8 * MIB, len(content))
        back = self.daemon.folder / "part.back"
        self.ask("vol-download", "--pool", self.pool, "part.img", str(back), "--offset", str(3 * MIB + 5), "--length", str(MIB))
        self.assertEqual(digest(source), digest(back))

    def test_qcow2_is_made_cloned_resized(self):
        self.volume("disk.qcow2", "16M", "--format", "qcow2")
        info = self.ask("vol-info", "--bytes", "--pool", self.pool, "disk.qcow2")
        self.assertRegex(info, rf"Capacity:\s+{16 * MIB}\b")
        self.ask("vol-clone", "--pool", self.pool, "disk.qcow2", "clone.qcow2")
        self.addCleanup(self.try_to, "vol-delete", "--pool", self.pool, "clone.qcow2")
        self.ask("vol-resize", "--pool", self.pool, "clone.qcow2", "32M")
        self.assertRegex(self.ask("vol-info", "--bytes", "--pool", self.pool, "clone.qcow2"),
                         rf"Capacity:\s+{32 * MIB}\b")
        said = subprocess.run(["qemu-img", "info", self.place / "clone.qcow2"], capture_output=True, text=True, check=True)
        self.assertIn("qcow2", said.stdout)

    def test_what_others_put_there_is_found_by_refresh(self):
        (self.place / "foreign.img").write_bytes(bytes(MIB))
        self.ask("pool-refresh", self.pool)
        self.assertIn("foreign.img", self.ask("vol-list", self.pool))
        self.ask("vol-delete", "--pool", self.pool, "foreign.img")
        self.assertFalse((self.place / "foreign.img").exists())


if __name__ == "__main__":
    unittest.main()
