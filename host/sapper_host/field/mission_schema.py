"""The tables of a mission's file, and what it is known by."""

from __future__ import annotations

# 'SAPF' in the header; a file of another version is named, and left alone.
APPLICATION_ID = 0x53415046
VERSION = 3
TABLES = """
CREATE TABLE mission (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    begun TEXT NOT NULL,              -- UTC
    board TEXT NOT NULL,              -- number of the board that drives it, '' until one does
    area TEXT NOT NULL,               -- JSON, field metres
    frame TEXT NOT NULL,              -- JSON, null for an area in metres alone
    geometry TEXT NOT NULL,           -- JSON, mm
    start TEXT NOT NULL,              -- JSON: x mm, y mm, heading in quarter turns
    plan_sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE plans (
    number INTEGER PRIMARY KEY,       -- from 0, each takes the place of what was left of the one before
    first INTEGER NOT NULL,           -- its first move
    start TEXT NOT NULL,              -- JSON, as above: where its first move begins
    spots INTEGER NOT NULL,           -- finds that are no clutter, which it goes round
    why TEXT NOT NULL
) STRICT;
CREATE TABLE moves (
    number INTEGER PRIMARY KEY,       -- from 0, in the order of driving
    kind TEXT NOT NULL CHECK (kind IN ('shift', 'lane', 'ahead', 'back', 'turn')),
    value INTEGER NOT NULL,           -- mm, of a turn quarters
    lane INTEGER NOT NULL,
    piece INTEGER NOT NULL,           -- -1 for none
    driven_mm INTEGER                 -- once it is done: how far it was driven, which may be less
) STRICT;
CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    move INTEGER NOT NULL,            -- the one under way, or the number of moves when all is done
    done_mm INTEGER NOT NULL CHECK (done_mm >= 0),
    state TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'done'))
) STRICT;
CREATE TABLE contacts (
    board TEXT NOT NULL,
    boot INTEGER NOT NULL,
    number INTEGER NOT NULL,          -- of the board's event, in this boot
    x_mm INTEGER NOT NULL,
    y_mm INTEGER NOT NULL,
    sigma_mm INTEGER NOT NULL,
    class TEXT NOT NULL,
    heading_mrad INTEGER NOT NULL,    -- of the rover as it came to it: across that it is anywhere in the swath
    verdict TEXT NOT NULL CHECK (verdict IN ('none', 'clutter', 'suspect', 'removed')),
    UNIQUE (board, boot, number)
) STRICT;
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    begun TEXT NOT NULL,              -- UTC
    board TEXT NOT NULL,
    boot INTEGER NOT NULL,
    set_up INTEGER NOT NULL           -- whether the board was told all that it has to know
) STRICT;
CREATE TABLE ground (
    row INTEGER PRIMARY KEY,          -- of the map of searched cells, from its lowest
    cells BLOB NOT NULL               -- zlib: of each cell the sigma owed, mm, u16, 65535 not searched
) STRICT;
CREATE TABLE notes (
    number INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    kind TEXT NOT NULL,               -- why ground may not be searched, or what happened
    x_mm INTEGER,                     -- of the coil, NULL: place unknown
    y_mm INTEGER,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE track (
    number INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    x_mm INTEGER NOT NULL,            -- of the tracks' middle
    y_mm INTEGER NOT NULL,
    heading_mrad INTEGER NOT NULL,
    sigma_mm INTEGER NOT NULL,
    searching INTEGER NOT NULL
) STRICT
"""
