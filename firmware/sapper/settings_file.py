"""The settings' file on flash: replaced as a whole or not at all."""

import os

from sapper.settings import SettingError

PATH = "/settings.txt"
_NEW = "/settings.new"


def load(settings):
    """Take the saved settings; '' or what is wrong (then all are at their defaults, and arming is refused)."""
    try:
        with open(PATH) as file:
            text = file.read()
    except OSError:
        return ""
    try:
        settings.load_text(text)
    except (SettingError, ValueError) as error:
        settings.defaults()
        return "%s: %s; correct it with `set` and `save`" % (PATH, error)
    return ""


def save(settings):
    """Write all settings beside the old file, then rename: littlefs makes that one step. OSError when it cannot."""
    with open(_NEW, "w") as file:
        for line in settings.dump_lines():
            file.write(line + "\n")
    os.rename(_NEW, PATH)
