"""Clients that do not keep to the protocol: each gets the answer libvirtd would give, and nobody else notices."""
import os
import random
import socket
import struct
import unittest

from sluiced import Sluiced, until
from wire import (AUTH_LIST, CALL, CLOSE, CONSOLE, CONTINUE, DEFINE, DESTROY, ERROR, EVENT, EXTENSION, GET_HOSTNAME, GET_XML,
                  HOLE, KEEPALIVE, LIST_ALL, LOOKUP_BY_NAME, OK, OPEN, REPLY, STREAM, SUPPORTS_FEATURE, Client, maybe, text)

UNDECODABLE = "Unable to decode message payload"


class Garbage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Sluiced()
        cls.addClassCleanup(cls.daemon.end)

    def setUp(self):
        self.descriptors = self.daemon.descriptors()
        self.client = Client(self.daemon.socket)

    def tearDown(self):
        """Whatever the client did: others are served, and it left nothing behind."""
        self.client.socket.close()
        self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        with Client(self.daemon.socket) as other:
            self.assertEqual(OK, other.open().call(GET_HOSTNAME).status)
        until("the clients are gone", lambda: self.daemon.descriptors() <= self.descriptors)

    def assert_lives(self):
        self.assertEqual(OK, self.client.call(GET_HOSTNAME).status)

    def assert_error(self, frame, code, domain, words):
        self.assertEqual((REPLY, ERROR), (frame.kind, frame.status))
        got = frame.error()
        self.assertEqual((code, domain), got[:2], got)
        self.assertIn(words, got[2])

    # --- frames

    def test_length_words_that_cannot_be(self):
        for length in (0, 1, 3, 4, 27, 33554432 + 5, 0x7FFFFFFF, 0xFFFFFFFF):
            with self.subTest(length=length), Client(self.daemon.socket) as client:
                client.raw(struct.pack(">I", length) + bytes(24))
                self.assertTrue(client.ended())

    def test_a_large_message_before_the_open_ends_the_connection(self):
        self.client.raw(struct.pack(">I", 1024 * 1024))
        self.client.raw(struct.pack(">IIiiIi", 0x20008086, 1, OPEN, CALL, 0, OK))
        self.assertTrue(self.client.ended())

    def test_random_bytes(self):
        seed = random.randrange(1 << 32)
        source = random.Random(seed)
        for _ in range(100):
            with Client(self.daemon.socket) as client:
                try:
                    client.raw(source.randbytes(source.randrange(1, 5000)))
                    client.socket.shutdown(socket.SHUT_WR)
                    while client.socket.recv(65536):
                        pass
                except (ConnectionResetError, BrokenPipeError):
                    pass

    def test_half_a_frame_and_gone(self):
        for cut in (1, 3, 4, 5, 27, 28, 40):
            with Client(self.daemon.socket) as client:
                whole = struct.pack(">IIIiiIi", 60, 0x20008086, 1, OPEN, CALL, 0, OK) + bytes(32)
                client.raw(whole[:cut])

    def test_a_silent_client_disturbs_nobody(self):
        silent = [Client(self.daemon.socket) for _ in range(20)]
        self.client.open()
        self.assert_lives()
        for client in silent:
            client.socket.close()

    # --- calls

    def test_unknown_programs_and_versions(self):
        self.client.open()
        for program, version in ((0x12345678, 1), (0x20008086, 2), (0x20008087, 1), (EXTENSION, 9)):
            frame = self.client.call(1, program=program, version=version)
            self.assert_error(frame, 39, 7, "Cannot find program")
            self.assertEqual((program, version, 1), (frame.program, frame.version, frame.procedure))
        self.assert_lives()

    def test_unknown_procedures(self):
        self.client.open()
        for procedure in (0, -1, 999, 0x7FFFFFFF, -0x80000000, 455):
            frame = self.client.call(procedure)
            self.assert_error(frame, 39, 7, "unknown procedure")
            self.assertTrue(frame.error()[2].startswith("unknown procedure"))
            self.assertEqual(procedure, frame.procedure)
        self.assert_lives()

    def test_events_are_not_callable(self):
        self.client.open()
        for procedure in (318, 319):
            self.assertEqual(ERROR, self.client.call(procedure, bytes(64)).status)
        self.assert_lives()

    def test_calls_whose_status_is_not_ok(self):
        self.client.open()
        for status in (ERROR, CONTINUE, 7, -1):
            self.assertEqual(39, self.client.call(GET_HOSTNAME, status=status).error()[0])
        self.assert_lives()

    def test_kinds_that_a_client_does_not_send_are_dropped(self):
        self.client.open()
        self.client.send(GET_HOSTNAME, kind=REPLY, serial=99)
        self.client.send(GET_HOSTNAME, kind=EVENT, serial=99)
        self.client.send(CONSOLE, b"x", kind=STREAM, serial=99, status=CONTINUE)
        self.client.send(CONSOLE, kind=STREAM, serial=99, status=OK)
        self.client.send(CONSOLE, kind=STREAM, serial=99, status=ERROR)
        self.client.send(CONSOLE, struct.pack(">qI", 5, 0), kind=HOLE, serial=99, status=CONTINUE)
        self.assert_lives()

    def test_calls_before_the_open(self):
        for procedure in (GET_HOSTNAME, LIST_ALL, DESTROY, CONSOLE, DEFINE):
            self.assert_error(self.client.call(procedure, bytes(64)), 1, 13, "hypervisor connection not open")
        self.assertEqual(OK, self.client.call(AUTH_LIST).status)
        self.assertEqual(OK, self.client.call(SUPPORTS_FEATURE, struct.pack(">i", 10)).status)
        self.client.open()
        self.assert_lives()

    def test_a_second_open_and_calls_after_the_close(self):
        self.client.open()
        self.assertEqual(1, self.client.call(OPEN, maybe("test:///default") + bytes(4)).error()[0])
        self.assert_lives()
        self.assertEqual(OK, self.client.call(CLOSE).status)
        self.assertTrue(self.client.ended())

    def test_authentication_that_is_not_offered(self):
        for procedure in (67, 68, 69, 70):
            self.assertIn(self.client.call(procedure, bytes(64)).error()[0], (45,))
        self.client.open()

    # --- payloads

    def test_payloads_that_are_too_short_or_lie(self):
        self.client.open()
        for procedure, body in ((LOOKUP_BY_NAME, b""), (LOOKUP_BY_NAME, b"\0\0"),
                                (LOOKUP_BY_NAME, struct.pack(">I", 100) + b"short"),
                                (LOOKUP_BY_NAME, struct.pack(">I", 0xFFFFFFFF)),
                                (LOOKUP_BY_NAME, struct.pack(">I", 0x80000000) + bytes(100)),
                                (LIST_ALL, bytes(7)), (GET_XML, text("test") + bytes(10)),
                                (316, struct.pack(">iI", 0, 2) + bytes(40))):
            self.assert_error(self.client.call(procedure, body), 39, 7, UNDECODABLE)
        self.assert_lives()

    def test_huge_counts_allocate_nothing(self):
        self.client.open()
        before = self.daemon.memory_kib()
        for count in (65, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF):
            body = text("x") + bytes(16) + struct.pack(">iI", -1, 0) + struct.pack(">I", count)
            self.client.send(1, text("probe") + struct.pack(">QIIII", 0, 65564, 16, 0, 0), program=EXTENSION)
            self.client.receive()
            self.assertEqual(ERROR, self.client.call(3, body, program=EXTENSION).status)
        self.assertLess(self.daemon.memory_kib() - before, 64 * 1024)
        self.assert_lives()

    def test_bytes_left_over_are_ignored(self):
        self.client.open()
        self.assertEqual(OK, self.client.call(LOOKUP_BY_NAME, text("test") + bytes(1000)).status)

    def test_a_definition_nested_ten_thousand_deep(self):
        self.client.open()
        self.assertEqual(ERROR, self.client.call(DEFINE, text("<a>" * 10000)).status)
        self.assertEqual(ERROR, self.client.call(DEFINE, text("<domain type='test'><name>" + "x" * 4_000_000)).status)
        self.assert_lives()

    def test_a_string_longer_than_strings_are(self):
        self.client.open()
        self.assert_error(self.client.call(DEFINE, text("x" * (4194304 + 1))), 39, 7, UNDECODABLE)
        self.assert_lives()

    # --- streams

    def test_data_for_streams_that_have_ended_are_dropped(self):
        self.client.open()
        serial = self.client.send(CONSOLE, self.client.machine() + struct.pack(">II", 0, 0))
        self.assertEqual(OK, self.client.receive().status)
        self.client.send(CONSOLE, kind=STREAM, serial=serial, status=ERROR)
        frame = self.client.receive()
        while frame.status == CONTINUE:
            frame = self.client.receive()
        self.assertEqual((STREAM, OK, b""), (frame.kind, frame.status, frame.body))
        self.client.send(CONSOLE, b"late", kind=STREAM, serial=serial, status=CONTINUE)
        self.client.send(CONSOLE, kind=STREAM, serial=serial, status=OK)
        self.assert_lives()

    def test_a_serial_in_use_is_refused(self):
        self.client.open()
        machine = self.client.machine()
        serial = self.client.send(CONSOLE, machine + struct.pack(">II", 0, 0))
        self.assertEqual(OK, self.client.receive().status)
        self.client.send(CONSOLE, machine + struct.pack(">II", 0, 1), serial=serial)
        frame = self.client.receive()
        while frame.kind == STREAM:
            frame = self.client.receive()
        self.assert_error(frame, 39, 7, "serial")
        self.assert_lives()

    def test_a_hole_where_there_are_none(self):
        self.client.open()
        serial = self.client.send(CONSOLE, self.client.machine() + struct.pack(">II", 0, 0))
        self.assertEqual(OK, self.client.receive().status)
        self.client.send(CONSOLE, struct.pack(">qI", 4096, 0), kind=HOLE, serial=serial, status=CONTINUE)
        frame = None
        try:
            frame = self.client.receive()
        except EOFError:
            return  # as libvirtd does
        self.assertEqual((STREAM, ERROR), (frame.kind, frame.status))
        self.assert_lives()

    def test_a_stream_status_that_is_none(self):
        self.client.open()
        serial = self.client.send(CONSOLE, self.client.machine() + struct.pack(">II", 0, 0))
        self.assertEqual(OK, self.client.receive().status)
        self.client.send(CONSOLE, kind=STREAM, serial=serial, status=17)
        frame = self.client.receive()
        while frame.status == CONTINUE:
            frame = self.client.receive()
        self.assertEqual((STREAM, ERROR), (frame.kind, frame.status))
        self.assert_lives()

    def test_a_client_that_vanishes_gives_its_console_back(self):
        def with_console():
            client = Client(self.daemon.socket)
            client.open()
            client.send(CONSOLE, client.machine() + struct.pack(">II", 0, 0))
            if client.receive().status == OK:
                return client
            client.socket.close()
            return None

        for _ in range(5):
            holder = until("the console is free", with_console)
            holder.send(CONSOLE, b"half a li", kind=STREAM, serial=holder.serial - 1, status=CONTINUE)
            holder.socket.close()
        until("the console is free", with_console).socket.close()
        self.client.open()

    # --- keepalive

    def test_a_ping_is_answered_before_anything_else(self):
        self.client.send(1, program=KEEPALIVE, kind=EVENT, serial=0)
        frame = self.client.receive()
        self.assertEqual((KEEPALIVE, 2, EVENT, b""), (frame.program, frame.procedure, frame.kind, frame.body))
        self.client.open()

    def test_what_is_no_ping_is_dropped(self):
        self.client.send(77, b"x" * 12, program=KEEPALIVE, kind=EVENT, serial=0)
        self.client.send(2, program=KEEPALIVE, kind=EVENT, serial=0)
        self.client.open()
        self.assert_lives()

    # --- roles

    def test_what_a_read_only_client_may_not(self):
        self.client.open(flags=1)
        machine = self.client.machine()
        for procedure, body in ((DESTROY, machine), (CONSOLE, machine + struct.pack(">II", 0, 0)),
                                (GET_XML, machine + struct.pack(">I", 1)), (DEFINE, text("<domain/>")),
                                (55, machine + text("/tmp/x")), (35, machine), (54, text("/tmp/x"))):
            self.assertEqual(29, self.client.call(procedure, body).error()[0], procedure)
        self.assertEqual(OK, self.client.call(GET_XML, machine + struct.pack(">I", 0)).status)

    # --- the extension

    def test_the_extension_begins_with_hello(self):
        self.client.open()
        self.assertEqual(55, self.client.call(3, bytes(64), program=EXTENSION).error()[0])
        hello = text("probe") + struct.pack(">QIIII", 0, 65564, 16, 0, 0)
        self.assertEqual(OK, self.client.call(1, hello, program=EXTENSION).status)
        self.assertEqual(55, self.client.call(1, hello, program=EXTENSION).error()[0])
        self.assert_lives()

    def test_calls_without_end_and_nobody_who_reads(self):
        self.client.open()
        self.client.socket.settimeout(2)
        try:
            for _ in range(100000):
                self.client.send(GET_XML, self.machine_of_another() + struct.pack(">I", 0))
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass  # the daemon stopped reading, or ended the connection
        self.assertLess(self.daemon.memory_kib(), 512 * 1024)

    def machine_of_another(self):
        if not hasattr(self, "known"):
            with Client(self.daemon.socket) as other:
                self.known = other.open().machine()
        return self.known


if __name__ == "__main__":
    unittest.main()
