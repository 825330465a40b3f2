"""Pools and volumes with the unmodified virsh, where sluiced promises more than libvirtd: nothing leaves a pool, old bytes never
shine through, and what does not fit is refused.
"""
import os
import unittest

from storage_bed import MIB, StorageBed, digest


class SluicedStorage(StorageBed):
    def test_names_do_not_leave_the_pool(self):
        for name in ("../evil.img", "..", "sub/evil.img", "/tmp/evil.img"):
            self.refused("name|contain", "vol-create-as", self.pool, name, "1M")
        self.assertFalse((self.daemon.folder / "evil.img").exists())

    def test_holes_travel_as_holes_and_old_bytes_never_shine_through(self):
        path = self.volume("sparse.img")
        self.ask("vol-upload", "--pool", self.pool, "sparse.img", str(self.random_file("old", 8 * MIB)))
        source = self.daemon.folder / "sparse"
        with open(source, "wb") as file:
            file.truncate(8 * MIB)
            file.seek(2 * MIB)
            file.write(os.urandom(MIB))
        self.ask("vol-upload", "--pool", self.pool, "sparse.img", str(source), "--sparse")
        self.assertEqual(digest(source), digest(path))
        back = self.daemon.folder / "sparse.back"
        self.ask("vol-download", "--pool", self.pool, "sparse.img", str(back), "--sparse")
        self.assertEqual(digest(source), digest(back))
        self.assertLess(back.stat().st_blocks * 512, 2 * MIB)

    def test_an_upload_that_does_not_fit_is_refused(self):
        self.volume("small.img", "1M")
        source = self.random_file("large", 2 * MIB)
        done = self.try_to("vol-upload", "--pool", self.pool, "small.img", str(source))
        self.assertNotEqual(0, done.returncode)

    def test_a_raw_volume_grows_shrinks_only_when_told_and_is_wiped(self):
        path = self.volume("size.img", "4M")
        self.ask("vol-resize", "--pool", self.pool, "size.img", "6M")
        self.assertEqual(6 * MIB, path.stat().st_size)
        self.refused("shrink|smaller", "vol-resize", "--pool", self.pool, "size.img", "2M")
        self.ask("vol-resize", "--pool", self.pool, "size.img", "2M", "--shrink")
        self.assertEqual(2 * MIB, path.stat().st_size)
        self.ask("vol-upload", "--pool", self.pool, "size.img", str(self.random_file("secret", 2 * MIB)))
        self.ask("vol-wipe", "--pool", self.pool, "size.img")
        self.assertEqual(bytes(2 * MIB), path.read_bytes())


if __name__ == "__main__":
    unittest.main()
