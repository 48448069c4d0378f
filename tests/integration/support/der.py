"""As much of DER as the tests need: to write public keys and to change a certificate."""


def tlv(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*parts):
    return tlv(0x30, b"".join(parts))


def integer(octets):
    """The non-negative INTEGER whose big-endian octets are given."""
    octets = octets.lstrip(b"\0") or b"\0"
    return tlv(0x02, (b"\0" if octets[0] & 0x80 else b"") + octets)


def bit_string(octets):
    return tlv(0x03, b"\0" + octets)


def read(octets, offset=0):
    """Tag, content, and the offset behind it, of the TLV at `offset`."""
    tag, length = octets[offset], octets[offset + 1]
    start = offset + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(octets[start : start + count], "big")
        start += count
    return tag, octets[start : start + length], start + length


def children(octets):
    """The TLVs, whole, that make up `octets`."""
    found = []
    offset = 0
    while offset < len(octets):
        _, _, end = read(octets, offset)
        found.append(octets[offset:end])
        offset = end
    return found
