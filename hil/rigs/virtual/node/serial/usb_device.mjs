// The USB device controller (RP2040 datasheet 4.1) as its host sees it: a transfer armed by the firmware completes
// when the host takes or gives the data, never by itself. Host mode stays rp2040js's.

import { RPUSBController } from 'rp2040js';

const EP0_IN_CONTROL = 0x80;
const EP15_OUT_CONTROL = 0xfc;
const AVAILABLE = 1 << 10;
const STALL = 1 << 11;
const FULL = 1 << 15;
const LENGTH_MASK = 0x3ff;
const DOUBLE_BUFFERED = 1 << 30;
const EP0_BUFFER = 0x100;
const MAIN_CTRL = 0x40;
const SIE_CTRL = 0x4c;
const SIE_STATUS = 0x50;
const EP_ABORT = 0x60;
const PULLUP_EN = 1 << 16;
const CONTROLLER_EN = 1;
const SIE_SUSPENDED = 1 << 4;
const SIE_SETUP_RECEIVED = 1 << 17;

export class UsbDevice extends RPUSBController {
  /** `host` is told of `attached(boolean)`, `inArmed(endpoint)`, `outArmed(endpoint)`, `stalled(endpoint)`. */
  constructor(chip, name, host) {
    super(chip, name);
    this.host = host;
    this.isAttached = false;
    this.onResetReceived = () => host.resetTaken();
  }

  writeUint32(offset, value) {
    if (offset === SIE_STATUS) {
      this.sieStatus &= ~(this.rawWriteValue & SIE_SUSPENDED); // rp2040js leaves this one set
    }
    super.writeUint32(offset, value);
    if (offset === MAIN_CTRL || offset === SIE_CTRL) {
      this.checkAttached();
    } else if (offset === EP_ABORT) {
      this.host.aborted(value >>> 0);
    }
  }

  /** The pull-up on D+ is what a host notices. */
  checkAttached() {
    const attached = (this.mainCtrl & CONTROLLER_EN) !== 0 && !this.hostMode && (this.sieCtrl & PULLUP_EN) !== 0;
    if (attached !== this.isAttached) {
      this.isAttached = attached;
      if (attached) {
        this.rp2040.board.onUsbAttached();
      }
      this.host.attached(attached);
    }
  }

  control(endpoint, out) {
    return EP0_IN_CONTROL + endpoint * 8 + (out ? 4 : 0);
  }

  get dpram() {
    return this.rp2040.usbDPRAMView;
  }

  /** The firmware wrote to the DPRAM. */
  DPRAMUpdated(offset, value) {
    if (this.hostMode) {
      super.DPRAMUpdated(offset, value);
      return;
    }
    if (offset < EP0_IN_CONTROL || offset > EP15_OUT_CONTROL) {
      return;
    }
    const endpoint = (offset - EP0_IN_CONTROL) >> 3;
    const out = (offset & 4) !== 0;
    if (value & STALL) {
      this.host.stalled(endpoint, out);
    } else if ((value | (value >>> 16)) & AVAILABLE) {
      if (out) {
        this.host.outArmed(endpoint);
      } else {
        this.host.inArmed(endpoint);
      }
    }
  }

  bufferOf(endpoint, out) {
    if (endpoint === 0) {
      return EP0_BUFFER;
    }
    return this.dpram.getUint32(8 + 8 * (endpoint - 1) + (out ? 4 : 0), true) & 0xffc0;
  }

  isDoubleBuffered(endpoint, out) {
    return endpoint !== 0 && (this.dpram.getUint32(8 + 8 * (endpoint - 1) + (out ? 4 : 0), true) & DOUBLE_BUFFERED) !== 0;
  }

  isArmed(endpoint, out) {
    return ((this.dpram.getUint32(this.control(endpoint, out), true) | 0) & (AVAILABLE | (AVAILABLE << 16))) !== 0;
  }

  /** Bytes the firmware has put up for the host to fetch (both buffers of a double-buffered endpoint). */
  peekIn(endpoint) {
    const value = this.dpram.getUint32(this.control(endpoint, false), true);
    const at = this.bufferOf(endpoint, false);
    const { usbDPRAM } = this.rp2040;
    const bytes = [];
    if (value & AVAILABLE) {
      bytes.push(...usbDPRAM.subarray(at, at + (value & LENGTH_MASK)));
    }
    if ((value >>> 16) & AVAILABLE && this.isDoubleBuffered(endpoint, false)) {
      bytes.push(...usbDPRAM.subarray(at + 64, at + 64 + ((value >>> 16) & LENGTH_MASK)));
    }
    return bytes;
  }

  /** The host has fetched them. */
  completeIn(endpoint) {
    const control = this.control(endpoint, false);
    const clear = AVAILABLE | FULL;
    const value = this.dpram.getUint32(control, true) & ~(clear | (clear << 16));
    this.dpram.setUint32(control, value, true);
    this.indicateBufferReady(endpoint, false);
  }

  /** Largest packet the armed OUT buffer takes. */
  outRoom(endpoint) {
    return this.dpram.getUint32(this.control(endpoint, true), true) & LENGTH_MASK;
  }

  /** The host sends one packet into the armed OUT buffer. */
  completeOut(endpoint, bytes) {
    const control = this.control(endpoint, true);
    const value = this.dpram.getUint32(control, true);
    this.rp2040.usbDPRAM.set(bytes, this.bufferOf(endpoint, true));
    this.dpram.setUint32(control, (value & ~(AVAILABLE | LENGTH_MASK)) | FULL | bytes.length, true);
    this.indicateBufferReady(endpoint, true);
  }

  busReset() {
    this.resetAlarm.schedule(0);
  }

  get setupPending() {
    return (this.sieStatus & SIE_SETUP_RECEIVED) !== 0;
  }

  /** No traffic for 3 ms: the device sees the bus suspended. */
  suspend() {
    this.sieStatus |= SIE_SUSPENDED;
    this.sieStatusUpdated();
  }

  reset() {
    for (let offset = 0; offset < 0x100; offset += 4) {
      this.dpram.setUint32(offset, 0, true);
    }
    this.mainCtrl = 0;
    this.sieCtrl = 0;
    this.sieStatus = 0;
    this.buffStatus = 0;
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.addrEndp = 0;
    this.checkInterrupts();
    this.checkAttached();
  }
}
