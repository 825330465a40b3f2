"""Streams of other connections: seen, limited, cancelled, watched."""
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

from place import Place, PoolPlace, until


class Copies(PoolPlace):
    """How often a volume's bytes are copied by the daemon."""

    SIZE = 8 << 20

    def setUp(self):
        super().setUp()
        self.well("volume", "create", "pool/disk", "--capacity", str(self.SIZE), "--allocation", str(self.SIZE))
        self.content = os.urandom(self.SIZE)

    def figures_of(self, process, enough):
        """Bytes moved by a transfer that stands still when so many have passed, and bytes copied for that."""
        found = []

        def passed():
            found[:] = json.loads(self.well("streams", "--json"))
            return process.poll() is not None or (found and found[0]["in"] + found[0]["out"] >= enough)

        until(passed, "most of it has passed")
        self.assertIsNone(process.poll())
        return found[0]["in"] + found[0]["out"], found[0]["copied"]

    def uploaded(self, uri):
        process = self.started("-c", uri, "volume", "upload", "pool/disk", "-", stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
        process.stdin.write(self.content)
        process.stdin.flush()
        figures = self.figures_of(process, self.SIZE)
        process.stdin.close()
        self.assertEqual(0, process.wait(60))
        self.assertEqual(self.content, (self.place / "disk").read_bytes())
        return figures

    def downloaded(self, uri):
        process = self.started("-c", uri, "volume", "download", "pool/disk", "-", stdout=subprocess.PIPE)
        begin = process.stdout.read(self.SIZE // 2)
        figures = self.figures_of(process, self.SIZE // 2)
        self.assertEqual(self.content, begin + process.stdout.read())
        self.assertEqual(0, process.wait(60))
        return figures

    def test_none_over_a_unix_socket(self):
        for moved, copied in (self.uploaded(self.uri), self.downloaded(self.uri)):
            self.assertLessEqual(copied, moved // 8, f"of {moved} bytes")  # what came before it was known where to

    def test_two_over_tcp(self):
        uri = self.over_tcp()
        for moved, copied in (self.uploaded(uri), self.downloaded(uri)):
            self.assertGreaterEqual(copied, 2 * moved)
            self.assertLessEqual(copied, 2 * moved + (2 << 20), "what is on its way was copied once")


class StoppedReaders(PoolPlace):
    """What the daemon holds for clients that read no more, where nothing can stay in the kernel's pipes."""

    MANY = 100

    def memory(self):
        """Bytes that belong to the daemon alone."""
        status = (pathlib.Path("/proc") / str(self.daemon.pid) / "status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) * 1024

    def test_a_hundred_over_tcp_take_little(self):
        uri = self.over_tcp()
        size = 64 << 20
        self.well("volume", "create", "pool/disk", "--capacity", str(size), "--allocation", str(size))
        with open(self.place / "disk", "r+b") as volume:
            volume.write(os.urandom(1 << 20) * (size >> 20))
        idle = self.memory()
        for _ in range(self.MANY):
            self.started("-c", uri, "volume", "download", "pool/disk", "-", stdout=subprocess.PIPE)

        def all_wait():
            streams = json.loads(self.well("streams", "--json"))
            return len(streams) == self.MANY and all(each["waits"] == "window" for each in streams)

        until(all_wait, "nobody may be sent anything")
        self.assertLessEqual(self.memory() - idle, 64 << 20)


class Streams(Place):
    def streams(self):
        return json.loads(self.well("streams", "--json"))

    def slow_save(self):
        """A save that takes its time, and its stream as others see it."""
        process = self.started("save", "test", "a", "--limit", "20KiB/s", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until(lambda: self.streams() or process.poll() is not None, "the stream is there")
        self.assertIsNone(process.poll())
        return process, self.streams()[0]

    def test_who_does_what_with_what(self):
        self.assertEqual([], self.streams())
        process, stream = self.slow_save()
        self.assertEqual(("domain_save", "test", "down", "open"),
                         tuple(stream[key] for key in ("operation", "object", "direction", "state")))
        self.assertRegex(stream["peer"], rf"unix, uid \d+, pid {process.pid}")
        self.assertEqual(20 * 1024, stream["limit"])
        self.assertGreater(stream["opened_ms"], 1_600_000_000_000)
        titles, line = self.well("streams").splitlines()
        self.assertRegex(titles, "^Id +Peer +Operation +Object +State +Moved +Rate +Limit +Weight +Window +Held +Waits for$")
        self.assertRegex(line, rf"^{stream['id']} .*  domain_save +test +open .* 20.0 KiB/s ")

    def test_a_limit_is_changed_while_it_runs(self):
        process, stream = self.slow_save()
        self.assertEqual(f"Stream {stream['id']} limited to 1.0 KiB/s\n", self.well("limit", stream["id"], "1"))
        self.assertEqual({"id": stream["id"], "limit": 2_000_000},
                         json.loads(self.well("limit", stream["id"], "2MB/s", "--json")))
        self.well("limit", stream["id"], "1KiB/s")
        self.assertEqual(1024, self.streams()[0]["limit"])
        self.assertEqual(f"Stream {stream['id']} has no limit\n", self.well("limit", stream["id"], "none"))
        self.assertEqual(0, process.wait(60))
        self.assertEqual([], self.streams())

    def test_a_weight_is_changed_while_it_runs(self):
        _, stream = self.slow_save()
        self.assertEqual(100, stream["weight"])
        self.assertEqual(f"Stream {stream['id']} weighs 300\n", self.well("weight", stream["id"], "300"))
        self.assertEqual(300, self.streams()[0]["weight"])
        self.assertRegex(self.well("streams").splitlines()[1], r" 20.0 KiB/s +300 ")
        self.assertEqual({"id": stream["id"], "weight": 1000},
                         json.loads(self.well("weight", stream["id"], "1000", "--json")))
        self.well("weight", stream["id"], "100")
        self.assertRegex(self.well("streams").splitlines()[1], r" 20.0 KiB/s +- ")

    def test_what_is_no_weight(self):
        for odd in ("0", "1001", "-1", "much", "1.5", "", "99999999999999999999"):
            self.refused(2, "weight", "weight", "7", odd)
        self.refused(2, "weight", "weight", "7")
        self.refused(2, "id", "weight", "seven", "100")

    def test_both_ends_hear_who_cancelled_and_why(self):
        process, stream = self.slow_save()
        self.assertEqual(f"Stream {stream['id']} cancelled\n",
                         self.well("cancel", stream["id"], "--reason", "maintenance"))
        self.assertEqual(1, process.wait(60))
        self.assertRegex(process.stderr.read().decode(), r"cancelled by unix, uid \d+, pid \d+: maintenance")
        self.assertEqual([], self.names())
        until(lambda: self.state() == "running", "the guest goes on")
        until(lambda: self.streams() == [], "the stream is over")

    def test_what_is_not_there_and_what_is_not_permitted(self):
        self.refused(3, "there is no stream 77", "cancel", "77")
        self.refused(3, "there is no stream 77", "limit", "77", "1MB/s")
        self.refused(3, "there is no stream 77", "weight", "77", "300")
        _, stream = self.slow_save()
        self.refused(4, "", "-r", "cancel", stream["id"])
        self.refused(4, "", "-r", "limit", stream["id"], "none")
        self.refused(4, "", "-r", "weight", stream["id"], "300")
        self.assertEqual(stream["id"], json.loads(self.well("-r", "streams", "--json"))[0]["id"])
        self.refused(1, "a reason has at most", "cancel", stream["id"], "--reason", "x" * 1025)

    def test_watching_tells_of_changes_and_of_the_end(self):
        watch = self.started("streams", "--watch", "--interval", "0.1", "--json", stdout=subprocess.PIPE, text=True)
        process, stream = self.slow_save()
        seen = [json.loads(watch.stdout.readline())]
        self.well("limit", stream["id"], "none")
        for line in watch.stdout:
            seen.append(json.loads(line))
            if seen[-1]["state"] == "over":
                break
        self.assertEqual({stream["id"]}, {each["id"] for each in seen})
        self.assertEqual(0, process.wait(60))
        watch.send_signal(signal.SIGINT)
        self.assertEqual(0, watch.wait(60))

    def test_watching_shows_a_table_for_each_report(self):
        watch = self.started("streams", "--watch", "--interval", "0.1", stdout=subprocess.PIPE, text=True)
        self.assertRegex(watch.stdout.readline(), "^Id +Peer")
        _, stream = self.slow_save()
        for line in watch.stdout:
            if line.startswith(f"{stream['id']} "):
                break
        watch.send_signal(signal.SIGTERM)
        self.assertEqual(0, watch.wait(60))

    def test_a_daemon_that_ends_ends_the_watch(self):
        watch = self.started("streams", "--watch", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watch.stdout.readline()
        self.daemon.kill()
        self.assertEqual(5, watch.wait(60))
        self.assertTrue(watch.stderr.read())

    def test_memory_hosts_of_one_command_have_none(self):
        self.assertEqual([], json.loads(self.well("-c", "test:///default", "streams", "--json")))


if __name__ == "__main__":
    unittest.main()
