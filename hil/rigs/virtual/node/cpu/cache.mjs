/**
 * Translated blocks kept in a file between processes, so that the next start of the same firmware need not translate
 * again. A block is used only where its source code is found in the emulated memory, so a stale file costs time, not
 * truth.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
const FIRMWARE_BYTES = 0x100000; // of flash: what is behind is data
const MOST_BLOCKS = 8000;
const MOST_FILES = 8;
const NEW_BLOCKS = 30; // worth a new file
const CHECKSUM_BYTES = 32;

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** The folder for such files: $SAPPER_CACHE, else $XDG_CACHE_HOME/sapper, else ~/.cache/sapper, and in it `fastcpu`. */
export function cacheFolder(environment = process.env) {
  const { SAPPER_CACHE, XDG_CACHE_HOME } = environment;
  return join(SAPPER_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'sapper'), 'fastcpu');
}

/**
 * File name for this firmware, this version of Node, all sources here, and whether flash has a cache: blocks of another
 * translator are not taken.
 */
function fileName(memory) {
  const sources = readdirSync(SOURCES, { recursive: true }).filter((name) => name.endsWith('.mjs'));
  const texts = sources.sort().map((name) => readFileSync(join(SOURCES, name)));
  const flash = memory.flash.subarray(0, FIRMWARE_BYTES);
  return `${sha256(process.version, String(memory.xip !== null), ...texts, flash)
    .toString('hex')
    .slice(0, 32)}.bin`;
}

/** `[checksum][length of the index][index as JSON][bodies]` */
function encode(blocks) {
  const index = Buffer.from(
    JSON.stringify(
      blocks.map(({ pc, base, ranges, source, body }) => ({ pc, base, ranges, source, size: body.length })),
    ),
  );
  const size = Buffer.alloc(4);
  size.writeUInt32LE(index.length);
  const content = Buffer.concat([size, index, ...blocks.map(({ body }) => body)]);
  return Buffer.concat([sha256(content), content]);
}

/** The blocks in a file's bytes; null if they are damaged. */
function decode(bytes) {
  const content = bytes.subarray(CHECKSUM_BYTES);
  if (content.length < 4 || !sha256(content).equals(bytes.subarray(0, CHECKSUM_BYTES))) return null;
  const end = 4 + content.readUInt32LE(0);
  let at = end;
  return JSON.parse(content.subarray(4, end).toString()).map(({ size, ...block }) => {
    const body = new Uint8Array(content.subarray(at, at + size));
    at += size;
    return { ...block, body };
  });
}

function removeOldest(folder) {
  const age = (name) => statSync(join(folder, name)).mtimeMs;
  const files = readdirSync(folder).filter((name) => name.endsWith('.bin'));
  files.sort((a, b) => age(b) - age(a));
  for (const name of files.slice(MOST_FILES)) rmSync(join(folder, name), { force: true });
}

/** The kept blocks of one chip memory. A folder that cannot be read or written means no cache, never a failure. */
export class CodeCache {
  /** @param blocks Blocks of the memory, with the firmware already in its flash  @param folder see cacheFolder */
  constructor(blocks, folder = cacheFolder()) {
    this.blocks = blocks;
    this.folder = folder;
    this.path = join(folder, fileName(blocks.memory));
  }

  /** Add the kept blocks; returns how many. */
  load() {
    let kept = null;
    try {
      kept = decode(readFileSync(this.path));
    } catch {
      return 0; // there is none yet
    }
    if (kept === null) return 0;
    if (kept.length) this.blocks.add(kept);
    return kept.length;
  }

  /** Write the file anew if enough has been translated since the start; returns whether it was. */
  save() {
    const { known, statistics } = this.blocks;
    if (statistics.translated < NEW_BLOCKS) return false;
    const all = [...known.values()].flat().slice(0, MOST_BLOCKS);
    const part = `${this.path}.${process.pid}.part`;
    try {
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(part, encode(all));
      renameSync(part, this.path);
      removeOldest(this.folder);
    } catch {
      rmSync(part, { force: true });
      return false;
    }
    return true;
  }
}
