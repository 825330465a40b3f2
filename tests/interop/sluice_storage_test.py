"""Our own command and the bytes of volumes: what must hold at libvirtd, which knows nothing of Sluice, too."""
import os
import subprocess
import unittest

from daemon import PROGRAMS, Libvirtd
from storage_bed import MIB, StorageBed, digest


class SluiceStorage(StorageBed):
    def sluice(self, *words, **options):
        return subprocess.run([PROGRAMS / "sluice", "-c", self.daemon.uri, *words], capture_output=True, timeout=120,
                              check=False, **options)

    def well(self, *words, **options):
        done = self.sluice(*words, **options)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_holes_travel_both_ways(self):
        path = self.volume("holes.img", "64M", "--allocation", "0")
        source, back = self.daemon.folder / "holes", self.daemon.folder / "holes.back"
        with open(source, "wb") as file:
            file.truncate(64 * MIB)
            file.seek(10 * MIB)
            file.write(os.urandom(MIB))
        self.well("volume", "upload", f"{self.pool}/holes.img", source, "--sparse")
        self.assertEqual(digest(source), digest(path))
        self.well("volume", "download", f"{self.pool}/holes.img", back, "--sparse")
        self.assertEqual(digest(source), digest(back))
        self.assertLess(back.stat().st_blocks * 512, 4 * MIB)
        piped = self.well("volume", "download", f"{self.pool}/holes.img", "-", "--sparse")
        self.assertEqual(source.read_bytes(), piped)

    def test_ranges_and_pipes(self):
        path = self.volume("range.img", "1M")
        part = os.urandom(1000)
        self.well("volume", "upload", f"{self.pool}/range.img", "-", "--offset", "4KiB", "--length", "1000", input=part)
        self.assertEqual(part, path.read_bytes()[4096:5096])
        self.assertEqual(part, self.well("volume", "download", f"{self.pool}/range.img", "-", "--offset", "4KiB",
                                         "--length", "1000"))

    def test_what_fails_leaves_no_file(self):
        self.volume("fails.img", "1M")
        much = self.sluice("volume", "upload", f"{self.pool}/fails.img", "-", "--length", "1MiB",
                           input=os.urandom(2 * MIB))
        self.assertEqual(1, much.returncode, much.stderr)
        back = self.daemon.folder / "fails.back"
        self.assertEqual(3, self.sluice("volume", "download", f"{self.pool}/none", back).returncode)
        self.assertEqual(1, self.sluice("volume", "download", f"{self.pool}/fails.img", "/dev/full").returncode)
        self.assertEqual([], list(self.daemon.folder.glob("fails.back*")))

    def test_limits_are_kept_at_this_end(self):
        path = self.volume("paced.img", "2M")
        content = os.urandom(2 * MIB)
        self.well("volume", "upload", f"{self.pool}/paced.img", "-", "--limit", "50MB/s", input=content)
        self.assertEqual(content, path.read_bytes())
        self.assertEqual(content, self.well("volume", "download", f"{self.pool}/paced.img", "-", "--limit", "50MB/s"))

    def test_streams_are_seen_at_sluiced_alone(self):
        if isinstance(self.daemon, Libvirtd):
            refused = self.sluice("streams")
            self.assertEqual(1, refused.returncode)
            self.assertIn(b"is not a Sluice daemon: it cannot list its streams", refused.stderr)
        else:
            self.assertEqual(b"[]\n", self.well("streams", "--json"))

    def test_images_are_cloned_as_images(self):
        self.addCleanup(self.try_to, "vol-delete", "--pool", self.pool, "one.qcow2")
        self.addCleanup(self.try_to, "vol-delete", "--pool", self.pool, "two.qcow2")
        self.well("volume", "create", f"{self.pool}/one.qcow2", "--capacity", "16MiB", "--format", "qcow2")
        self.well("volume", "clone", f"{self.pool}/one.qcow2", "two.qcow2")
        self.assertEqual(b"QFI\xfb", (self.place / "two.qcow2").read_bytes()[:4])
        self.assertIn(b"two.qcow2", self.well("volume", "list", self.pool))


if __name__ == "__main__":
    unittest.main()
