"""The tables of a mission's file, and what it is known by."""

from __future__ import annotations

# 'SAPF' in the header; a file of another version is named, and left alone.
APPLICATION_ID = 0x53415046
VERSION = 1
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
CREATE TABLE moves (
    number INTEGER PRIMARY KEY,       -- from 0, in the order of driving
    kind TEXT NOT NULL CHECK (kind IN ('shift', 'lane', 'back', 'turn')),
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
    number INTEGER NOT NULL,          -- as the board counts in this boot
    x_mm INTEGER NOT NULL,
    y_mm INTEGER NOT NULL,
    sigma_mm INTEGER NOT NULL,
    class TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('none', 'clutter', 'suspect', 'removed')),
    UNIQUE (board, boot, number)
) STRICT
"""
