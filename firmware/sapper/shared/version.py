"""The version of Sapper: firmware, host tools and packaging all read it from here."""

VERSION = "0.1.0"
