// What the virtual Pico does most, without it: small functions over typed arrays, and WebAssembly that calls out of
// itself for memory. A line on standard input is one burst; the answer is the CPU time that it took, in microseconds.
import { createInterface } from 'node:readline';

const WORDS = 1 << 16;
const STEPS = 200_000;
const words = new Uint32Array(WORDS);

// (func (export "run") (param n, at) (result): at = load(at * 5 + n) + at, n times
const module = new WebAssembly.Module(
  Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x0c, 0x02, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f],
    ...[0x02, 0x0a, 0x01, 0x01, 0x6d, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0x00],
    ...[0x03, 0x02, 0x01, 0x01],
    ...[0x07, 0x07, 0x01, 0x03, 0x72, 0x75, 0x6e, 0x00, 0x01],
    ...[0x0a, 0x21, 0x01, 0x1f, 0x00, 0x03, 0x40],
    ...[0x20, 0x01, 0x41, 0x05, 0x6c, 0x20, 0x00, 0x6a, 0x10, 0x00, 0x20, 0x01, 0x6a, 0x21, 0x01],
    ...[0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x01, 0x0b],
  ),
);
const load = (address) => (words[address & (WORDS - 1)] += 1);
const { run } = new WebAssembly.Instance(module, { m: { load } }).exports;

const operations = [
  (a, b) => (a + b) | 0,
  (a, b) => (a ^ (b << 3)) | 0,
  (a, b) => Math.imul(a, b | 1),
  (a, b) => (a >>> (b & 7)) | 0,
];

function interpret(steps) {
  let a = 1;
  for (let i = 0; i < steps; i++) {
    const word = words[(a + i) & (WORDS - 1)];
    a = operations[word & 3](a, word + i);
    words[a & (WORDS - 1)] = a;
  }
  return a;
}

createInterface({ input: process.stdin }).on('line', () => {
  const before = process.cpuUsage();
  interpret(STEPS);
  run(STEPS, 1);
  const took = process.cpuUsage(before);
  process.stdout.write(`${took.user + took.system}\n`);
});
