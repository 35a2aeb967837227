"""Additional data of authenticated encryption: names the place that a ciphertext belongs to."""


def length_prefixed(*parts: str) -> bytes:
    """The parts, each behind its length in bytes (4 bytes, big endian), so that no two lists of parts look alike."""
    encoded = [part.encode() for part in parts]
    return b"".join([len(part).to_bytes(4) + part for part in encoded])
