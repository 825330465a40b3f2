"""What holds for sluiced alone: its machines outlive it, and what it does not have it does not pretend to have."""
import unittest

import libvirt

from daemon import Sluiced


class OnlySluiced(unittest.TestCase):
    def setUp(self):
        libvirt.registerErrorHandler(lambda context, error: None, None)
        self.daemon = Sluiced()
        self.addCleanup(self.daemon.end)

    def test_running_machines_are_found_again(self):
        with libvirt.open(self.daemon.uri) as host:
            host.defineXML(self.daemon.xml("outlives")).create()
            host.defineXML(self.daemon.xml("resting"))
            number = host.lookupByName("outlives").ID()
        self.assertEqual(0, self.daemon.stop())
        self.daemon.start()
        with libvirt.open(self.daemon.uri) as host:
            again = host.lookupByName("outlives")
            self.assertEqual(libvirt.VIR_DOMAIN_RUNNING, again.state()[0])
            self.assertEqual(number, again.ID())
            self.assertFalse(host.lookupByName("resting").isActive())
            again.suspend()
            self.assertEqual(libvirt.VIR_DOMAIN_PAUSED, again.state()[0])
            again.destroy()

    def test_what_it_does_not_have_is_empty_or_not_supported(self):
        with libvirt.open(self.daemon.uri) as host:
            for ask in (host.listAllNetworks, host.listAllStoragePools, host.listAllSecrets, host.listAllNWFilters):
                self.assertEqual([], ask())
            with self.assertRaises(libvirt.libvirtError) as caught:
                host.networkLookupByName("default")
            self.assertEqual(libvirt.VIR_ERR_NO_SUPPORT, caught.exception.get_error_code())
            with self.assertRaises(libvirt.libvirtError) as caught:
                host.storagePoolLookupByName("images")
            self.assertEqual(libvirt.VIR_ERR_NO_STORAGE_POOL, caught.exception.get_error_code())


if __name__ == "__main__":
    unittest.main()
