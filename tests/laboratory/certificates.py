"""Certificates for tests: a CA, and what it issues, in the files that libvirt's programs look for.

    ca = Authority("Laboratory CA")
    ca.put(folder)                                                    # cacert.pem
    ca.issue("node1", "server", ["localhost"]).put(folder, "server")  # servercert.pem, serverkey.pem

As a program it puts all that both sides need into a directory: certificates.py DIR
"""
import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
USES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


def now():
    return datetime.datetime.utcnow()


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "GB"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Probe"),
                      x509.NameAttribute(NameOID.COMMON_NAME, name)])


def alternative(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def usage(**wanted):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
             "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in every})


class Issued:
    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key

    def put(self, folder, side):
        """As clientcert.pem and clientkey.pem, or servercert.pem and serverkey.pem."""
        folder = pathlib.Path(folder)
        (folder / f"{side}cert.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{side}key.pem").write_bytes(
            self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


class Authority:
    def __init__(self, name):
        self.name = named(name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (self.begun(self.name, self.key, now() - DAY, now() + 30 * DAY)
                            .add_extension(x509.BasicConstraints(True, None), True)
                            .add_extension(usage(key_cert_sign=True, crl_sign=True), True)
                            .sign(self.key, hashes.SHA256()))

    def begun(self, name, key, since, until):
        return (x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until))

    def issue(self, name, side, hosts=(), since=None, until=None, weak=False):
        """For the side "server" or "client"."""
        key = rsa.generate_private_key(65537, 1024) if weak else ec.generate_private_key(ec.SECP256R1())
        begun = (self.begun(named(name), key, since or now() - DAY, until or now() + 30 * DAY)
                 .add_extension(x509.BasicConstraints(False, None), True)
                 .add_extension(usage(digital_signature=True, key_encipherment=True), True)  # libvirt wants both
                 .add_extension(x509.ExtendedKeyUsage([USES[side]]), False))
        if hosts:
            begun = begun.add_extension(x509.SubjectAlternativeName([alternative(host) for host in hosts]), False)
        return Issued(begun.sign(self.key, hashes.SHA256()), key)

    def put(self, folder):
        (pathlib.Path(folder) / "cacert.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def revoke(self, folder, *issued):
        """Writes the list of what no longer counts."""
        listed = x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(now() - DAY).next_update(now() + DAY)
        for one in issued:
            listed = listed.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
                                                    .revocation_date(now() - DAY).build())
        (pathlib.Path(folder) / "cacrl.pem").write_bytes(
            listed.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def put_all(folder):
    """Both sides, for a daemon at localhost."""
    ca = Authority("Laboratory CA")
    ca.put(folder)
    ca.issue("node1", "server", hosts=["localhost"]).put(folder, "server")
    ca.issue("user1", "client").put(folder, "client")


if __name__ == "__main__":
    put_all(sys.argv[1])
