"""The settings' file on flash: replaced as a whole or not at all."""

import errno

from sapper.shared.settings import SettingError
from sapper.storage.whole_file import replace

PATH = "/settings.txt"
_MOST_BYTES = 8192


def load(settings):
    """Take the saved settings; '' or what is wrong (then all are at their defaults, and arming is refused).

    Never raises: a spoilt file must not keep the board from starting.
    """
    try:
        with open(PATH, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise SettingError("more than %d bytes" % _MOST_BYTES)
        settings.load_text(str(data, "utf-8"))
    except OSError as error:
        return "" if error.errno == errno.ENOENT else _wrong(error)
    except (SettingError, ValueError) as error:
        settings.defaults()
        return _wrong(error)
    return ""


def _wrong(error):
    return "%s: %s; correct it with `set` and `save`" % (PATH, str(error)[:120])


def save(settings):
    """Keep all settings in place of the old ones. OSError when flash refuses."""
    replace(PATH, (line + "\n" for line in settings.dump_lines()))
