"""The board's name, in a file of its own: outside the settings, so that a settings file fits many boards."""

from sapper.storage.whole_file import replace

PATH = "/name.txt"
NAME_MOST = 24
NONE = "none"  # what the console says and takes for no name, so no board is called that
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
RULE = "a name is 1 to %d letters, digits, '.', '_' or '-', a letter or digit first" % NAME_MOST


def is_name(text):
    """Whether a board may be called that (see RULE). It can stand in a file's name and between words."""
    if not 1 <= len(text) <= NAME_MOST or text[0] not in _LETTERS or text == NONE:
        return False
    return all(letter in _LETTERS or letter in "._-" for letter in text)


def load():
    """The name, or '' when there is none or its file is not whole."""
    try:
        with open(PATH, "rb") as file:
            name = str(file.read(NAME_MOST + 1), "ascii")
    except (OSError, ValueError):
        return ""
    return name if is_name(name) else ""


def save(name):
    """Keep this name in place of the old one; '' for none. Whole or not at all. OSError when flash refuses."""
    replace(PATH, (name,))
