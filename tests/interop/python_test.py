"""libvirt's own Python binding against sluiced."""
import threading
import unittest

import libvirt

from daemon import made, until


def opened(uri):
    """Names and passwords stand in the URI's authfile, where it has one; nobody is asked."""
    wanted = [libvirt.VIR_CRED_AUTHNAME, libvirt.VIR_CRED_PASSPHRASE]
    return libvirt.openAuth(uri, [wanted, lambda asked, opaque: -1, None], 0)


class Python(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        libvirt.registerErrorHandler(lambda context, error: None, None)
        libvirt.virEventRegisterDefaultImpl()
        cls.over = threading.Event()

        def loop():
            while not cls.over.is_set():
                libvirt.virEventRunDefaultImpl()

        timer = libvirt.virEventAddTimeout(100, lambda timer, opaque: None, None)  # lets the loop look at `over`
        cls.loop = threading.Thread(target=loop)
        cls.loop.start()

        def stop():
            cls.over.set()
            cls.loop.join(10)
            libvirt.virEventRemoveTimeout(timer)

        cls.addClassCleanup(stop)
        cls.daemon = made()
        cls.addClassCleanup(cls.daemon.end)

    def setUp(self):
        self.host = opened(self.daemon.uri)
        self.addCleanup(self.host.close)

    def fails(self, code, call, *arguments):
        with self.assertRaises(libvirt.libvirtError) as caught:
            call(*arguments)
        self.assertEqual(code, caught.exception.get_error_code(), caught.exception)

    def test_a_machine_from_definition_to_the_end(self):
        guest = self.host.defineXML(self.daemon.xml("p-life"))
        self.assertFalse(guest.isActive())
        self.assertTrue(guest.isPersistent())
        self.assertEqual(-1, guest.ID())
        guest.create()
        self.assertEqual(libvirt.VIR_DOMAIN_RUNNING, guest.state()[0])
        self.assertEqual("p-life", self.host.lookupByUUIDString(guest.UUIDString()).name())
        self.assertEqual([98304, 1], [guest.info()[1], guest.info()[3]])
        guest.suspend()
        self.assertEqual(libvirt.VIR_DOMAIN_PAUSED, guest.state()[0])
        guest.resume()
        guest.destroy()
        self.assertEqual(libvirt.VIR_DOMAIN_SHUTOFF, guest.state()[0])
        guest.undefine()
        self.fails(libvirt.VIR_ERR_NO_DOMAIN, self.host.lookupByName, "p-life")

    def test_errors_carry_libvirts_codes(self):
        self.fails(libvirt.VIR_ERR_NO_DOMAIN, self.host.lookupByName, "absent")
        self.fails(libvirt.VIR_ERR_NO_DOMAIN, self.host.lookupByID, 4711)
        with self.assertRaises(libvirt.libvirtError) as caught:
            self.host.defineXML("<domain>")
        self.assertIn(caught.exception.get_error_code(), (libvirt.VIR_ERR_XML_ERROR, libvirt.VIR_ERR_XML_DETAIL))
        guest = self.host.defineXML(self.daemon.xml("p-errors"))
        self.fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.destroy)
        self.fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.suspend)

    def test_lists_by_filter(self):
        guest = self.host.createXML(self.daemon.xml("p-listed"))
        names = lambda flags: [domain.name() for domain in self.host.listAllDomains(flags)]
        self.assertIn("p-listed", names(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE))
        self.assertIn("p-listed", names(libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT))
        self.assertNotIn("p-listed", names(libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE))
        guest.destroy()

    def test_lifecycle_events_arrive_in_order(self):
        seen = []
        self.host.setKeepAlive(2, 3)
        token = self.host.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                 lambda c, guest, event, detail, _: seen.append((guest.name(), event)), None)
        guest = self.host.createXML(self.daemon.xml("p-events"))
        guest.suspend()
        guest.resume()
        guest.destroy()
        expected = [libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_RESUMED,
                    libvirt.VIR_DOMAIN_EVENT_STOPPED]
        mine = lambda: [event for name, event in seen if name == "p-events" and event in expected]
        until("the last event", lambda: libvirt.VIR_DOMAIN_EVENT_STOPPED in mine())
        self.host.domainEventDeregisterAny(token)
        # A start resumes the processors; that may be told, too, before or after it.
        told = mine()
        self.assertIn(libvirt.VIR_DOMAIN_EVENT_STARTED, told[:-3])
        self.assertEqual(expected[1:], told[-3:])

    def test_a_console_stream_is_read_and_aborted(self):
        guest = self.host.createXML(self.daemon.xml("p-console"))
        stream = self.host.newStream()
        guest.openConsole(None, stream)
        seen = b""
        while b"count 3" not in seen:
            seen += stream.recv(1024)
        stream.send(b"hello\n")
        while b"you said hello" not in seen:
            seen += stream.recv(1024)
        stream.abort()
        self.assertTrue(guest.isActive())
        guest.destroy()

    def test_saves_and_restores(self):
        guest = self.host.defineXML(self.daemon.xml("p-kept"))
        guest.create()
        path = str(self.daemon.folder / "p-kept.saved")
        guest.save(path)
        self.assertFalse(guest.isActive())
        self.host.restore(path)
        self.assertTrue(guest.isActive())
        guest.destroy()


if __name__ == "__main__":
    unittest.main()
