"""The unmodified virsh and its pools and volumes against sluiced; the bytes are compared."""
import hashlib
import os
import random
import re
import subprocess
import unittest
import xml.etree.ElementTree

from daemon import made

MIB = 1 << 20


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Storage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = made()
        cls.addClassCleanup(cls.daemon.end)
        cls.pool = f"pool-{os.getpid()}"
        cls.place = cls.daemon.folder / "images"
        cls.ask("pool-define-as", cls.pool, "dir", "--target", str(cls.place))
        cls.ask("pool-build", cls.pool)
        cls.ask("pool-start", cls.pool)
        cls.addClassCleanup(lambda: [cls.try_to("pool-destroy", cls.pool), cls.try_to("pool-undefine", cls.pool)])

    @classmethod
    def try_to(cls, *words):
        return subprocess.run(["virsh", "-c", cls.daemon.uri, *words], env={**os.environ, "LC_ALL": "C"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)

    @classmethod
    def ask(cls, *words):
        done = cls.try_to(*words)
        if done.returncode != 0:
            raise AssertionError(f"virsh {' '.join(words)}: {done.stderr}")
        return done.stdout

    def refused(self, pattern, *words):
        done = self.try_to(*words)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertRegex(done.stderr, pattern)

    def volume(self, name, size="8M", *more):
        self.ask("vol-create-as", self.pool, name, size, *more)
        self.addCleanup(self.try_to, "vol-delete", "--pool", self.pool, name)
        return self.place / name

    def random_file(self, name, size):
        path = self.daemon.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path

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

    def test_names_do_not_leave_the_pool(self):
        for name in ("../evil.img", "..", "sub/evil.img", "/tmp/evil.img"):
            self.refused("name|contain", "vol-create-as", self.pool, name, "1M")
        self.assertFalse((self.daemon.folder / "evil.img").exists())

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

    def test_what_others_put_there_is_found_by_refresh(self):
        (self.place / "foreign.img").write_bytes(bytes(MIB))
        self.ask("pool-refresh", self.pool)
        self.assertIn("foreign.img", self.ask("vol-list", self.pool))
        self.ask("vol-delete", "--pool", self.pool, "foreign.img")
        self.assertFalse((self.place / "foreign.img").exists())


if __name__ == "__main__":
    unittest.main()
