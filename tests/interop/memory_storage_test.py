"""Pools and volumes with the unmodified virsh, on the host of sluiced whose disks are only in memory."""
import os
import unittest

from daemon import Sluiced
from storage_bed import MIB, StorageBed, digest


class MemoryStorage(StorageBed):
    @staticmethod
    def made():
        return Sluiced("test")

    def test_pools_are_listed_and_none_of_them_is_on_a_disk(self):
        listed = self.ask("pool-list", "--name").split()
        self.assertEqual(sorted(["default-pool", self.pool]), sorted(listed))
        self.assertIn("256.00 MiB", self.ask("pool-info", self.pool))
        self.assertFalse(self.place.exists())

    def test_upload_download_and_clone(self):
        self.volume("whole.img")
        source = self.random_file("whole", 8 * MIB)
        self.ask("vol-upload", "--pool", self.pool, "whole.img", str(source))
        self.volume_cloned("whole.img", "twin.img")
        for name in ("whole.img", "twin.img"):
            back = self.daemon.folder / f"{name}.back"
            self.ask("vol-download", "--pool", self.pool, name, str(back))
            self.assertEqual(digest(source), digest(back))

    def volume_cloned(self, name, twin):
        self.ask("vol-clone", "--pool", self.pool, name, twin)
        self.addCleanup(self.try_to, "vol-delete", "--pool", self.pool, twin)

    def test_holes_travel_as_holes_and_old_bytes_never_shine_through(self):
        self.volume("sparse.img")
        self.ask("vol-upload", "--pool", self.pool, "sparse.img", str(self.random_file("old", 8 * MIB)))
        source, back = self.daemon.folder / "sparse", self.daemon.folder / "sparse.back"
        with open(source, "wb") as file:
            file.truncate(8 * MIB)
            file.seek(2 * MIB)
            file.write(os.urandom(MIB))
        self.ask("vol-upload", "--pool", self.pool, "sparse.img", str(source), "--sparse")
        self.ask("vol-download", "--pool", self.pool, "sparse.img", str(back), "--sparse")
        self.assertEqual(digest(source), digest(back))
        self.assertLess(back.stat().st_blocks * 512, 2 * MIB)

    def test_a_part_goes_where_it_belongs(self):
        self.volume("part.img")
        source, back = self.random_file("part", MIB), self.daemon.folder / "part.back"
        self.ask("vol-upload", "--pool", self.pool, "part.img", str(source), "--offset", "3000", "--length", str(MIB))
        self.ask("vol-download", "--pool", self.pool, "part.img", str(back), "--offset", "2990", "--length", str(MIB + 20))
        self.assertEqual(bytes(10) + source.read_bytes() + bytes(10), back.read_bytes())

    def test_what_does_not_fit_or_cannot_be_is_refused_by_name(self):
        self.refused("volume 'large.img'.* of the 268435456 that volumes may have", "vol-create-as", self.pool, "large.img", "1G")
        self.refused("'qcow2' is not supported in memory", "vol-create-as", self.pool, "a.img", "1M", "--format", "qcow2")
        self.volume("small.img", "1M")
        done = self.try_to("vol-upload", "--pool", self.pool, "small.img", str(self.random_file("large", 2 * MIB)))
        self.assertNotEqual(0, done.returncode)


if __name__ == "__main__":
    unittest.main()
