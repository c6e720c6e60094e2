"""What proves that who wants another team key on a board, or none, has the one that it holds. Pure."""

from sapper.crypto.hmac_sha256 import Hmac
from sapper.crypto.keys import to_hex

_USE = b"sapper team key "  # no proof is a signature of an update


def proof(old, nonce, new):
    """To a board with this nonce: that who has the key `old` wants `new` (its hex digits, or `none`) in its place; 64
    hex digits."""
    return to_hex(Hmac(old, _USE).digest(nonce + new.encode()))
