"""Images of any size, made fast: no byte of them is zero, and no mebibyte is like another one."""
import hashlib
import os
import random

MIB = 1 << 20
STEP = 4099  # odd, so that the pieces begin at different places of the same random bytes


class Image:
    """A file with `extents` of data, [(offset, length)], and holes elsewhere; its digest is made on the way."""

    def __init__(self, path, size, extents, seed):
        self.path, self.size, self.extents = path, size, extents
        words = random.Random(seed).randbytes(MIB).replace(b"\0", b"\1")
        self.words = memoryview(words + words)
        hashed, at = hashlib.sha256(), 0
        with open(path, "wb", buffering=0) as file:
            file.truncate(size)
            for offset, length in extents:
                self._hash_hole(hashed, offset - at)
                file.seek(offset)
                for piece in self._pieces(offset, length):
                    file.write(piece)
                    hashed.update(piece)
                at = offset + length
            self._hash_hole(hashed, size - at)
        self.digest = hashed.hexdigest()

    def _pieces(self, offset, length):
        while length > 0:
            start = offset // MIB * STEP % MIB
            piece = self.words[start:start + min(length, MIB)]
            yield piece
            offset, length = offset + len(piece), length - len(piece)

    @staticmethod
    def _hash_hole(hashed, length):
        zeros = bytes(MIB)
        for _ in range(length // MIB):
            hashed.update(zeros)
        hashed.update(zeros[:length % MIB])

    @property
    def data(self):
        return sum(length for _, length in self.extents)


def full(path, size):
    return Image(path, size, [(0, size)], "full")


def holey(path, size):
    """Half of it holes, also at both ends; extents of many lengths, most of which begin and end within a block."""
    chance, extents, at = random.Random("holey"), [], size // 16
    while at < size - size // 16:
        length = min(chance.choice((1, 4096, chance.randrange(1, MIB), chance.randrange(MIB, 16 * MIB))),
                     size - size // 16 - at)
        extents.append((at, length))
        at += length + chance.randrange(64 << 10, max(2 * length, 128 << 10))
    return Image(path, size, extents, "holey")


def allocated(path):
    return os.stat(path).st_blocks * 512
