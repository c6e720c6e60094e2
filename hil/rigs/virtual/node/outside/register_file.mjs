// A device with 256 bytes behind an address byte, as small EEPROMs and sensors are read and written: what a bus is tried on.

export class RegisterFile {
  /** `takes`: how many bytes of a write it acknowledges, the address byte among them. */
  constructor(bytes, { takes = Infinity } = {}) {
    this.bytes = Uint8Array.from({ length: 256 }, (_, at) => bytes[at] ?? 0);
    this.takes = takes;
    this.takesGeneralCall = false;
    this.at = 0;
    this.taken = 0;
  }

  begin() {
    this.taken = 0;
  }

  end() {}

  acks() {
    return this.taken < this.takes;
  }

  read() {
    const byte = this.bytes[this.at];
    this.at = (this.at + 1) & 0xff;
    return byte;
  }

  write(byte) {
    if (this.taken++ === 0) {
      this.at = byte;
    } else {
      this.bytes[this.at] = byte;
      this.at = (this.at + 1) & 0xff;
    }
  }
}
