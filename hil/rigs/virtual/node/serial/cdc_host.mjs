// The laptop at the other end of the USB cable: enumerates the board, opens its CDC serial port, and sends and
// fetches data packet by packet at full-speed bus times. It can stop reading, close the port, or be unplugged.

import {
  createSetupPacket,
  DataDirection,
  DescriptorType,
  getDescriptorPacket,
  setDeviceAddressPacket,
  setDeviceConfigurationPacket,
  SetupRecipient,
  SetupType,
} from 'rp2040js';
import { ByteQueue } from './byte_queue.mjs';
import { EVENT_USB, EVENT_USB_STATE } from '../outside/events.mjs';

const CDC_SET_LINE_CODING = 0x20;
const CDC_SET_CONTROL_LINE_STATE = 0x22;
const LINE_CODING = [0x00, 0xc2, 0x01, 0x00, 0, 0, 8]; // 115200, 1 stop bit, no parity, 8 bits
const CONFIGURATION_SIZE = 9;
const CLASS_CDC_DATA = 10;
const CLASS_CDC_CONTROL = 2;
const PACKET_SIZE = 64;

const RESET_NANOS = 10e6; // from the pull-up to the end of the bus reset
const CONTROL_NANOS = 20e3;
const PACKET_NANOS = 10e3; // token, handshake and gaps of one transaction
const BYTE_NANOS = 8000 / 12;
const SUSPEND_NANOS = 3e6;

export const USB_UNPLUGGED = 0;
export const USB_PLUGGED = 1;
export const USB_CONFIGURED = 2;

export class CdcHost {
  constructor(clock, events) {
    this.clock = clock;
    this.events = events;
    this.plugged = true;
    this.reading = true; // fetches data while the port is open
    this.lineState = 3; // DTR and RTS wanted
    this.toSend = new ByteQueue(); // for the board
    this.device = null;
    this.inAlarm = clock.createAlarm(() => this.fetch());
    this.outAlarm = clock.createAlarm(() => this.deliver());
    this.controlAlarm = clock.createAlarm(() => this.controlStep());
    this.busAlarm = clock.createAlarm(() => this.busStep());
    this.forget();
  }

  /** Alarms that belong to the laptop, not to the chip. */
  get alarms() {
    return [this.inAlarm, this.outAlarm, this.controlAlarm, this.busAlarm];
  }

  /** The device is gone from the bus. */
  forget() {
    this.alarms.forEach((alarm) => alarm.cancel());
    this.requests = []; // control transfers to come: {setup, data, done}
    this.request = null;
    this.stage = 'idle';
    this.configured = false;
    this.inEndpoint = -1;
    this.outEndpoint = -1;
    this.controlInterface = 0;
    this.suspending = false;
  }

  /** Another device is at the end of the cable, or none. */
  connect(device) {
    const was = this.state();
    this.device = device;
    this.forget();
    if (was === USB_CONFIGURED) {
      this.toSend.clear(); // the port went away under the program that wrote it
      this.events.push(this.clock.nanos, EVENT_USB_STATE, 0, this.state());
    }
  }

  state() {
    return !this.plugged ? USB_UNPLUGGED : this.configured ? USB_CONFIGURED : USB_PLUGGED;
  }

  get portOpen() {
    return (this.lineState & 1) !== 0;
  }

  setPlugged(plugged) {
    if (plugged === this.plugged) {
      return;
    }
    this.plugged = plugged;
    this.toSend.clear();
    this.forget();
    if (plugged) {
      this.attached(this.device !== null && this.device.isAttached);
    } else if (this.device !== null && this.device.isAttached) {
      this.suspending = true;
      this.busAlarm.schedule(SUSPEND_NANOS);
    }
    this.events.push(this.clock.nanos, EVENT_USB_STATE, 0, this.state());
  }

  /** DTR (bit 0) and RTS (bit 1), as a program opening or closing the port sets them. */
  setLineState(bits) {
    this.lineState = bits;
    if (this.configured) {
      this.requestLineState();
    }
    this.checkIn();
  }

  setReading(reading) {
    this.reading = reading;
    this.checkIn();
  }

  write(bytes) {
    this.toSend.push(bytes);
    this.checkOut();
  }

  // What the device reports

  attached(attached) {
    if (!attached) {
      this.forget();
    } else if (this.plugged) {
      this.suspending = false;
      this.busAlarm.schedule(RESET_NANOS);
    }
  }

  busStep() {
    if (this.suspending) {
      this.suspending = false;
      this.device.suspend();
    } else {
      this.device.busReset();
    }
  }

  /** The firmware has taken note of the bus reset: enumerate. */
  resetTaken() {
    if (!this.plugged) {
      return;
    }
    this.forget();
    this.requests = [
      { setup: setDeviceAddressPacket(1) },
      {
        setup: getDescriptorPacket(DescriptorType.Configration, CONFIGURATION_SIZE),
        done: (data) => this.configurationHeader(data),
      },
    ];
    this.nextRequest();
  }

  configurationHeader(data) {
    const size = data[2] | (data[3] << 8);
    this.requests.push({
      setup: getDescriptorPacket(DescriptorType.Configration, size),
      done: (descriptors) => this.configuration(descriptors),
    });
  }

  configuration(descriptors) {
    this.findEndpoints(descriptors);
    this.requests.push({
      setup: setDeviceConfigurationPacket(1),
      done: () => {
        if (this.inEndpoint >= 0) {
          this.openPort();
        }
      },
    });
  }

  findEndpoints(descriptors) {
    let isData = false;
    for (let at = 0; at + 2 <= descriptors.length && descriptors[at] >= 2; at += descriptors[at]) {
      const type = descriptors[at + 1];
      if (type === DescriptorType.Interface) {
        isData = descriptors[at + 5] === CLASS_CDC_DATA;
        if (descriptors[at + 5] === CLASS_CDC_CONTROL) {
          this.controlInterface = descriptors[at + 2];
        }
      } else if (type === DescriptorType.Endpoint && isData) {
        const address = descriptors[at + 2];
        if (address & 0x80) {
          this.inEndpoint = address & 0xf;
        } else {
          this.outEndpoint = address & 0xf;
        }
      }
    }
  }

  classRequest(bRequest, wValue, wLength) {
    return createSetupPacket({
      dataDirection: DataDirection.HostToDevice,
      type: SetupType.Class,
      recipient: SetupRecipient.Interface,
      bRequest,
      wValue,
      wIndex: this.controlInterface,
      wLength,
    });
  }

  openPort() {
    this.requests.push({ setup: this.classRequest(CDC_SET_LINE_CODING, 0, LINE_CODING.length), data: LINE_CODING });
    this.requestLineState(() => {
      this.configured = true;
      this.events.push(this.clock.nanos, EVENT_USB_STATE, 0, this.state());
      this.checkIn();
      this.checkOut();
    });
  }

  requestLineState(done = null) {
    this.requests.push({ setup: this.classRequest(CDC_SET_CONTROL_LINE_STATE, this.lineState, 0), done });
    if (this.stage === 'idle') {
      this.nextRequest();
    }
  }

  // Control transfers, one stage after the other

  nextRequest() {
    this.request = this.requests.shift() ?? null;
    this.stage = this.request === null ? 'idle' : 'setup';
    this.received = [];
    if (this.request !== null) {
      this.controlAlarm.schedule(CONTROL_NANOS);
    }
  }

  get expects() {
    const { setup } = this.request;
    return setup[6] | (setup[7] << 8);
  }

  controlStep() {
    const { device } = this;
    if (this.request === null || device === null) {
      return;
    }
    if (this.stage === 'setup') {
      const isIn = (this.request.setup[0] & 0x80) !== 0;
      this.stage = isIn && this.expects > 0 ? 'data-in' : this.expects > 0 ? 'data-out' : 'status-in';
      device.sendSetupPacket(this.request.setup);
      return;
    }
    // While the firmware has not looked at the SETUP, what is armed belongs to the transfer before.
    if (device.setupPending) {
      this.controlAlarm.schedule(CONTROL_NANOS);
      return;
    }
    if (this.stage === 'data-in' && device.isArmed(0, false)) {
      const bytes = device.peekIn(0);
      this.received.push(...bytes);
      if (bytes.length < PACKET_SIZE || this.received.length >= this.expects) {
        this.stage = 'status-out';
      }
      device.completeIn(0);
    } else if (this.stage === 'data-out' && device.isArmed(0, true)) {
      this.stage = 'status-in';
      device.completeOut(0, this.request.data);
    } else if (this.stage === 'status-in' && device.isArmed(0, false)) {
      device.completeIn(0);
      this.requestDone();
    } else if (this.stage === 'status-out' && device.isArmed(0, true)) {
      device.completeOut(0, []);
      this.requestDone();
    }
  }

  requestDone() {
    const { request, received } = this;
    request.done?.(received);
    this.nextRequest();
  }

  // Endpoints

  stalled(endpoint) {
    if (endpoint === 0 && this.stage !== 'idle' && this.stage !== 'setup') {
      this.nextRequest(); // the device refuses this request
    }
  }

  aborted() {
    this.inAlarm.cancel();
    this.outAlarm.cancel();
  }

  inArmed(endpoint) {
    if (endpoint === 0) {
      this.controlArmed();
    } else {
      this.checkIn();
    }
  }

  outArmed(endpoint) {
    if (endpoint === 0) {
      this.controlArmed();
    } else {
      this.checkOut();
    }
  }

  controlArmed() {
    if (this.plugged && this.stage !== 'idle' && this.stage !== 'setup' && !this.controlAlarm.scheduled) {
      this.controlAlarm.schedule(CONTROL_NANOS);
    }
  }

  checkIn() {
    const ready = this.plugged && this.configured && this.reading && this.portOpen;
    if (!ready) {
      this.inAlarm.cancel();
    } else if (!this.inAlarm.scheduled && this.device.isArmed(this.inEndpoint, false)) {
      const length = this.device.peekIn(this.inEndpoint).length;
      this.inAlarm.schedule(PACKET_NANOS + length * BYTE_NANOS);
    }
  }

  fetch() {
    if (!this.device.isArmed(this.inEndpoint, false)) {
      return;
    }
    const bytes = this.device.peekIn(this.inEndpoint);
    if (bytes.length > 0) {
      this.events.push(this.clock.nanos, EVENT_USB, 0, 0, bytes);
    }
    this.device.completeIn(this.inEndpoint);
  }

  checkOut() {
    const ready = this.plugged && this.configured && this.toSend.length > 0;
    if (ready && !this.outAlarm.scheduled && this.device.isArmed(this.outEndpoint, true)) {
      const length = Math.min(this.toSend.length, PACKET_SIZE);
      this.outAlarm.schedule(PACKET_NANOS + length * BYTE_NANOS);
    }
  }

  deliver() {
    if (!this.device.isArmed(this.outEndpoint, true)) {
      return;
    }
    const room = Math.min(PACKET_SIZE, this.device.outRoom(this.outEndpoint));
    const bytes = this.toSend.take(room);
    if (bytes.length > 0) {
      this.device.completeOut(this.outEndpoint, bytes);
    }
  }
}
