"""A module that is not needed any more gives its heap back: what is still used of it stays."""

import sys


def forget(package, name):
    """Module `name` of a package. On laptops modules stay, as others have them too."""
    if sys.implementation.name == "micropython" and sys.modules.pop(package.__name__ + "." + name, None):
        delattr(package, name)
