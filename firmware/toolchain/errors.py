"""What the toolchain raises, and the table that turns another program's message into a remedy."""

import errno
import re


class ToolchainError(Exception):
    """Something that stops the build. `remedy` says what the person can do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  what to do: {self.remedy}"


NO_NETWORK = (
    "check the network connection (and the proxy settings, if there is a proxy), then run the same command again: "
    "it goes on where it stopped"
)
NO_DISK = (
    "free some disk space, or put the cache on another disk with SAPPER_CACHE=DIR, then run the same command again"
)
OLD_KEYRING = "update the package debian-archive-keyring (apt-get install debian-archive-keyring), then try again"

# Pattern in a failed program's output -> what to do about it. The first match counts.
REMEDIES = (
    (r"No space left on device|not enough free space|don't have enough free space|ENOSPC", NO_DISK),
    (
        r"Temporary failure resolving|Could not resolve|Could not connect|Connection (timed out|refused)|Network is "
        r"unreachable|Failed to establish a new connection|NameResolutionError|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|"
        r"ETIMEDOUT|Cannot initiate the connection|No matching distribution found",
        NO_NETWORK,
    ),
    (r"NO_PUBKEY|is not signed|EXPKEYSIG|Sub-process .*(gpgv|sqv) returned an error", OLD_KEYRING),
    (
        r"Could not get lock|is another process using it|Unable to acquire the dpkg",
        "another program is installing packages: wait for it to end, then try again",
    ),
    (
        r"a password is required|a terminal is required",
        "run it in a terminal (sudo asks for a password there) or as root",
    ),
    (r"is not in the sudoers file|may not run sudo", "ask for sudo rights, or run it as root"),
    (
        r"Unable to locate package|has no installation candidate|Unable to find a source package",
        "the Debian mirror of this machine does not have the package: check that its sources name a full mirror",
    ),
    (
        r"dpkg was interrupted",
        "an earlier installation was cut short: run 'dpkg --configure -a' as root, then try again",
    ),
    (
        r"SELF_SIGNED_CERT|CERTIFICATE_VERIFY_FAILED|certificate verify failed|unable to get local issuer",
        "this machine does not trust the registry's certificate: install the certificate of your network's proxy "
        "(update-ca-certificates), then try again",
    ),
    (r"EBADENGINE|Unsupported engine", "Node 20 or later is needed: remove .venv and run make setup again"),
)


def remedy_for(output: str, otherwise: str) -> str:
    """The remedy that fits a failed program's `output`, or `otherwise`."""
    for pattern, remedy in REMEDIES:
        if re.search(pattern, output):
            return remedy
    return otherwise


def from_os_error(error: OSError) -> ToolchainError:
    """An OSError as a ToolchainError with the remedy that its number calls for."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ToolchainError(f"the disk is full{where}", NO_DISK)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ToolchainError(
            f"no permission to write{where}",
            "make the folder yours (chown), or choose another cache folder with SAPPER_CACHE=DIR",
        )
    return ToolchainError(f"{error.strerror or error}{where}", "see the message above; then run the same command again")
