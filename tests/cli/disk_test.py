"""Pools on a disk that is slow, broken, full or does not answer: who uses it hears of it, and nobody else does."""
import json
import os
import signal
import socket
import subprocess
import unittest

from place import SLUICED, PoolPlace, until
from slow_disk import SlowDisk

MIB = 1 << 20
SIZE = 4 * MIB


class DiskPlace(PoolPlace):
    """A pool on a healthy disk, and one on a disk with faults, each with a volume."""

    def setUp(self):
        super().setUp()
        self.disk = SlowDisk(self, self.directory)
        self.faulty = self.disk.mountpoint
        self.well("pool", "create", "-", input=(
            f"<pool type='dir'><name>faulty</name><target><path>{self.faulty}</path></target></pool>").encode())
        for pool in ("pool", "faulty"):
            self.well("volume", "create", f"{pool}/disk", "--capacity", str(SIZE))
        self.content = os.urandom(SIZE)
        (self.work / "file").write_bytes(self.content)

    def begun_upload(self, volume, count=MIB):
        """An upload of which a part is written, and whose rest is still to come."""
        process = self.started("volume", "upload", volume, "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
        process.stdin.write(self.content[:count])
        process.stdin.flush()
        return process

    def finish_upload(self, process, path, count=MIB):
        process.stdin.write(self.content[count:])
        process.stdin.close()
        self.assertEqual(0, process.wait(60), process.stderr.read())
        self.assertEqual(self.content, path.read_bytes())

    def incomplete(self, volume):
        return "incomplete" in self.well("volume", "xml", volume)

    def others_go_on(self):
        """Calls and transfers of other clients, from their beginning to their end."""
        self.assertIn("faulty", self.well("pool", "list"))
        self.well("pool", "refresh", "pool")
        self.well("volume", "list", "pool")
        self.well("volume", "upload", "pool/disk", "file")
        self.well("volume", "download", "pool/disk", "back")
        self.assertEqual(self.content, (self.work / "back").read_bytes())
        (self.work / "back").unlink()

    def stream_on(self, volume):
        return next(each["id"] for each in json.loads(self.well("streams", "--json")) if volume in each["object"])


class Slow(DiskPlace):
    def test_every_byte_arrives(self):
        self.disk.set("--write-rate 8MiB --read-rate 16MiB --delay 2")
        self.well("volume", "upload", "faulty/disk", "file")
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())
        self.well("volume", "download", "faulty/disk", "back")
        self.assertEqual(self.content, (self.work / "back").read_bytes())

    def test_others_are_done_first(self):
        self.disk.set("--write-rate 1KiB")
        upload = self.started("volume", "upload", "faulty/disk", "file", stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        until(lambda: self.incomplete("faulty/disk"), "it is begun")
        self.others_go_on()
        self.assertIsNone(upload.poll())
        self.disk.set("--write-rate 0")
        self.assertEqual(0, upload.wait(60))
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())


class Broken(DiskPlace):
    def failed_upload(self, fault, says):
        beside = self.begun_upload("pool/disk")
        self.disk.set(fault)
        said = self.refused(1, says, "volume", "upload", "faulty/disk", "file")
        self.assertIn("volume 'disk' of storage pool 'faulty'", said)
        self.assertIn(str(self.faulty / "disk"), said)
        self.assertTrue(self.incomplete("faulty/disk"))
        self.finish_upload(beside, self.place / "disk")
        self.assertFalse(self.incomplete("pool/disk"))

        self.disk.set("--eio-at off --full-at off")
        self.well("volume", "upload", "faulty/disk", "file")
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())
        self.assertFalse(self.incomplete("faulty/disk"))

    def test_upload_to_a_disk_that_fails_in_the_middle(self):
        self.failed_upload("--eio-at 2MiB", "Input/output error")

    def test_upload_to_a_disk_that_becomes_full(self):
        self.failed_upload("--full-at 2MiB", "No space left on device")

    def test_download_from_a_disk_that_fails_in_the_middle(self):
        self.well("volume", "upload", "faulty/disk", "file")
        beside = self.begun_upload("pool/disk")
        self.disk.set("--eio-at 2MiB")
        said = self.refused(1, "Input/output error", "volume", "download", "faulty/disk", "back")
        self.assertIn("volume 'disk' of storage pool 'faulty'", said)
        self.assertEqual(["file"], self.names())
        self.finish_upload(beside, self.place / "disk")
        self.disk.set("--eio-at off")
        self.well("volume", "download", "faulty/disk", "back")
        self.assertEqual(self.content, (self.work / "back").read_bytes())


class Stuck(DiskPlace):
    def stuck_upload(self):
        self.disk.set("--hang-at 1MiB")
        upload = self.started("volume", "upload", "faulty/disk", "file", stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        self.disk.wait_until_hangs("write")
        return upload

    def stuck_download(self):
        self.disk.set("--hang-at 1MiB")
        download = self.started("volume", "download", "faulty/disk", "back", stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)
        self.disk.wait_until_hangs("read")
        return download

    def test_others_go_on(self):
        for begin in (self.stuck_upload, self.stuck_download):
            stuck = begin()
            self.others_go_on()
            self.assertIsNone(stuck.poll())
            self.disk.set("--hang-at off")
            self.assertEqual(0, stuck.wait(60), stuck.stderr.read())

    def test_an_upload_is_cancelled_while_the_disk_hangs(self):
        upload = self.stuck_upload()
        self.well("cancel", self.stream_on("disk"), "--reason", "the disk hangs")
        self.assertEqual(1, upload.wait(60))
        self.assertIn("the disk hangs", upload.stderr.read().decode())
        self.assertEqual([], json.loads(self.well("streams", "--json")))
        # The write that hangs may still hit the file: nobody else writes to it before that is over.
        self.refused(1, "is being uploaded to", "volume", "upload", "faulty/disk", "file")
        self.others_go_on()
        self.disk.set("--hang-at off")
        until(lambda: self.sluice("volume", "upload", "faulty/disk", "file").returncode == 0, "it can be written again")
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())
        self.assertFalse(self.incomplete("faulty/disk"))

    def test_a_wipe_that_is_given_up_while_the_disk_hangs(self):
        self.well("volume", "upload", "faulty/disk", "file")
        self.disk.set("--hang writes")
        wipe = self.started("volume", "wipe", "faulty/disk", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.disk.wait_until_hangs("")
        wipe.send_signal(signal.SIGINT)
        self.assertEqual(130, wipe.wait(60))
        self.others_go_on()
        # What hangs will still put zeros over whatever is there by then.
        self.refused(1, "is being wiped", "volume", "upload", "faulty/disk", "file")
        self.disk.set("--hang none")
        until(lambda: self.sluice("volume", "upload", "faulty/disk", "file").returncode == 0, "it can be written again")
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())

    def test_a_download_is_cancelled_while_the_disk_hangs(self):
        download = self.stuck_download()
        self.well("cancel", self.stream_on("disk"), "--reason", "the disk hangs")
        self.assertEqual(1, download.wait(60))
        self.assertIn("the disk hangs", download.stderr.read().decode())
        self.assertEqual(["file"], self.names())
        self.assertEqual([], json.loads(self.well("streams", "--json")))

    def test_ctrl_c_ends_the_command_while_the_disk_hangs(self):
        for begin in (self.stuck_upload, self.stuck_download):
            stuck = begin()
            stuck.send_signal(signal.SIGINT)
            self.assertEqual(130, stuck.wait(60))
            self.others_go_on()
            until(lambda: json.loads(self.well("streams", "--json")) == [], "its stream is over")
            self.disk.set("--hang-at off")
            until(lambda: self.sluice("volume", "upload", "faulty/disk", "file").returncode == 0, "it is free again")

    def test_a_command_that_is_killed_while_the_disk_hangs(self):
        self.well("volume", "upload", "faulty/disk", "file")
        download = self.started("volume", "download", "faulty/disk", "-", stdout=subprocess.PIPE)
        self.assertEqual(self.content[:MIB], download.stdout.read(MIB))
        self.disk.set("--hang all")
        download.kill()
        download.wait()
        self.disk.wait_until_hangs("")  # a file that is closed asks its disk, too
        for _ in range(4):  # on every event loop
            self.others_go_on()

    def test_calls_to_the_pool_wait_alone(self):
        self.disk.set("--hang all")
        calls = [self.started("pool", "refresh", "faulty", stdout=subprocess.DEVNULL)]
        calls += [self.started("volume", "list", "faulty", stdout=subprocess.DEVNULL) for _ in range(10)]
        self.disk.wait_until_hangs("", 2)
        self.others_go_on()
        self.refused(1, "is being refreshed", "pool", "destroy", "faulty")
        self.assertEqual([None] * len(calls), [call.poll() for call in calls])
        self.disk.set("--hang none")
        self.assertEqual([0] * len(calls), [call.wait(60) for call in calls])

    def test_a_daemon_ends_while_its_disk_hangs(self):
        upload = self.stuck_upload()
        self.daemon.terminate()
        self.assertEqual(5, upload.wait(60))  # it has ended the connection
        until(lambda: "though a disk does not answer" in (self.directory / "log").read_text(), "it ends all the same")
        # The kernel keeps the process until the disk answers. Whoever comes next needs nothing of it.
        old = self.daemon
        self.addCleanup(self.reap, old)
        self.start_daemon()
        self.well("pool", "start", "pool")
        self.well("volume", "upload", "pool/disk", "file")
        self.assertIsNone(old.poll())
        self.disk.set("--hang-at off")
        self.assertEqual(0, old.wait(60))


class Late(DiskPlace):
    """A daemon that waits for disks no longer than this."""

    SECONDS = 5

    def start_daemon(self, *more):
        super().start_daemon("--disk-timeout", str(self.SECONDS), *more)

    def test_who_waits_for_a_disk_that_hangs_fails_and_others_go_on(self):
        def begun(*command):
            return self.started(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

        self.disk.set("--hang-at 1MiB")
        upload = begun("volume", "upload", "faulty/disk", "file")
        self.disk.wait_until_hangs("write")
        self.disk.set("--hang all")
        calls = [begun("pool", "refresh", "faulty"), begun("volume", "info", "faulty/disk")]
        self.others_go_on()
        self.assertEqual([1, 1, 1], [process.wait(60) for process in (upload, *calls)])
        self.assertRegex(upload.stderr.read().decode(), rf"cannot upload to volume 'disk' of storage pool 'faulty': cannot "
                         rf"write '{self.faulty}/disk': the disk has not answered for \d+ s")
        for call in calls:
            self.assertRegex(call.stderr.read().decode(), r"the disk of storage pool 'faulty' has not answered for \d+ s")
        self.others_go_on()

        self.disk.set("--hang none --hang-at off")
        until(lambda: self.sluice("pool", "refresh", "faulty").returncode == 0, "it answers again")
        self.assertTrue(self.incomplete("faulty/disk"))
        until(lambda: self.sluice("volume", "upload", "faulty/disk", "file").returncode == 0, "it can be written again")
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())
        self.assertFalse(self.incomplete("faulty/disk"))

    def test_an_image_whose_disk_hangs_is_late_and_in_use_until_the_disk_answers(self):
        create = ("volume", "create", "faulty/image", "--capacity", "10MiB", "--format", "qcow2")
        self.disk.set("--hang writes")
        said = self.refused(1, "cannot create volume 'image' of storage pool 'faulty'", *create)
        self.assertRegex(said, rf"qemu-img, at work on '{self.faulty}/image', has not answered for \d+ s")
        self.others_go_on()
        self.refused(1, "is being created", *create)
        self.disk.set("--hang none")
        until(lambda: self.sluice(*create).returncode == 0, "it can be created")
        self.assertEqual(["disk", "image"], sorted(path.name for path in self.disk.files.iterdir()))

    def test_a_daemon_that_cannot_listen_ends_while_its_disk_hangs(self):
        self.well("pool", "destroy", "faulty")
        self.well("pool", "define", "-", input=(
            f"<pool type='dir'><name>faulty</name><target><path>{self.faulty}</path></target></pool>").encode())
        self.well("pool", "autostart", "faulty")
        self.end_daemon()
        self.disk.set("--hang all")
        with socket.socket(socket.AF_UNIX) as taken, open(self.directory / "log", "wb") as log:
            self.socket.unlink(missing_ok=True)
            taken.bind(str(self.socket))
            taken.listen()
            daemon = subprocess.Popen(
                [SLUICED, "--host", self.HOST, "--socket", self.socket, "--state-dir", self.directory / "state",
                 "--disk-timeout", str(self.SECONDS)], stdout=log, stderr=log)
            self.addCleanup(self.reap, daemon)
            until(lambda: "though a disk does not answer" in (self.directory / "log").read_text(), "it ends all the same")
            self.assertIn(f"sluiced: cannot listen on '{self.socket}': another process listens there", (self.directory / "log").read_text())
        self.disk.set("--hang none")
        self.assertEqual(1, daemon.wait(60))

    def test_a_disk_that_is_slow_is_not_late(self):
        self.disk.set(f"--write-rate {SIZE // (2 * self.SECONDS)}")
        self.well("volume", "upload", "faulty/disk", "file")
        self.assertEqual(self.content, (self.disk.files / "disk").read_bytes())

    def test_a_clone_on_a_disk_that_is_slow_is_not_late(self):
        (self.disk.files / "disk").write_bytes(self.content)
        self.disk.set(f"--write-rate {SIZE // (2 * self.SECONDS)}")
        self.well("volume", "clone", "faulty/disk", "copy")
        self.assertEqual(self.content, (self.disk.files / "copy").read_bytes())


if __name__ == "__main__":
    unittest.main()
