// What the emulator cannot carry on from: raised to Python as VirtualPicoError, with the program counter.

export class EmulatorFault extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

const FATAL_WARNINGS = [
  ['is not implemented yet', 'undefined instruction'],
  ['Read from invalid memory address', 'read from an address where nothing is'],
  ['Write to undefined address', 'write to an address where nothing is'],
];

/** rp2040js's logger: on silicon its fatal messages are a HardFault, so they stop the run. */
export class FaultLogger {
  constructor() {
    this.warnings = new Map(); // message -> times seen
  }

  debug() {}

  info() {}

  warn(component, message) {
    for (const [text, kind] of FATAL_WARNINGS) {
      if (message.includes(text)) {
        const fault = new EmulatorFault('hardfault', kind);
        fault.address = Number.parseInt(message.match(/[0-9a-f]+$/)?.[0] ?? '0', 16);
        throw fault;
      }
    }
    if (this.warnings.size < 200) {
      const key = `${component}: ${message}`;
      this.warnings.set(key, (this.warnings.get(key) ?? 0) + 1);
    }
  }

  error(component, message) {
    throw new EmulatorFault('hardfault', `${component}: ${message}`);
  }
}
