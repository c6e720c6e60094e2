// The registers of an I2C block (RP2040 datasheet 4.3.17): where they are, what those hold that are only kept.

export const R = {
  CON: 0x00,
  TAR: 0x04,
  SAR: 0x08,
  DATA_CMD: 0x10,
  SS_SCL_HCNT: 0x14,
  SS_SCL_LCNT: 0x18,
  FS_SCL_HCNT: 0x1c,
  FS_SCL_LCNT: 0x20,
  INTR_STAT: 0x2c,
  INTR_MASK: 0x30,
  RAW_INTR_STAT: 0x34,
  RX_TL: 0x38,
  TX_TL: 0x3c,
  CLR_INTR: 0x40,
  CLR_RX_UNDER: 0x44,
  CLR_RX_OVER: 0x48,
  CLR_TX_OVER: 0x4c,
  CLR_RD_REQ: 0x50,
  CLR_TX_ABRT: 0x54,
  CLR_RX_DONE: 0x58,
  CLR_ACTIVITY: 0x5c,
  CLR_STOP_DET: 0x60,
  CLR_START_DET: 0x64,
  CLR_GEN_CALL: 0x68,
  ENABLE: 0x6c,
  STATUS: 0x70,
  TXFLR: 0x74,
  RXFLR: 0x78,
  SDA_HOLD: 0x7c,
  TX_ABRT_SOURCE: 0x80,
  SLV_DATA_NACK_ONLY: 0x84,
  DMA_CR: 0x88,
  DMA_TDLR: 0x8c,
  DMA_RDLR: 0x90,
  SDA_SETUP: 0x94,
  ACK_GENERAL_CALL: 0x98,
  ENABLE_STATUS: 0x9c,
  FS_SPKLEN: 0xa0,
  CLR_RESTART_DET: 0xa8,
  COMP_PARAM_1: 0xf4,
  COMP_VERSION: 0xf8,
  COMP_TYPE: 0xfc,
};

/** Those that read the same always. */
export const FIXED = {
  [R.CLR_RD_REQ]: 0,
  [R.CLR_RX_DONE]: 0,
  [R.CLR_GEN_CALL]: 0,
  [R.CLR_RESTART_DET]: 0,
  [R.COMP_PARAM_1]: 0,
  [R.COMP_VERSION]: 0x3230312a,
  [R.COMP_TYPE]: 0x44570140,
};

/** Offset, value after a reset, the bits there are, and whether it can be written while the block is enabled. */
const KEPT = [
  [R.CON, 0x65, 0x3ff, false],
  [R.TAR, 0x55, 0xfff, false],
  [R.SAR, 0x55, 0x3ff, false],
  [R.SS_SCL_HCNT, 0x28, 0xffff, false],
  [R.SS_SCL_LCNT, 0x2f, 0xffff, false],
  [R.FS_SCL_HCNT, 0x06, 0xffff, false],
  [R.FS_SCL_LCNT, 0x0d, 0xffff, false],
  [R.INTR_MASK, 0x8ff, 0x1fff, true],
  [R.RX_TL, 0, 0xff, true],
  [R.TX_TL, 0, 0xff, true],
  [R.SDA_HOLD, 1, 0xffffff, false],
  [R.SLV_DATA_NACK_ONLY, 0, 1, false],
  [R.DMA_CR, 0, 3, true],
  [R.DMA_TDLR, 0, 0xf, true],
  [R.DMA_RDLR, 0, 0xf, true],
  [R.SDA_SETUP, 0x64, 0xff, false],
  [R.ACK_GENERAL_CALL, 1, 1, true],
  [R.FS_SPKLEN, 7, 0xff, false],
];
const MOST_LEVEL = 15; // of the two thresholds: the FIFOs' depth less one
const LEAST = { [R.SS_SCL_HCNT]: 6, [R.SS_SCL_LCNT]: 8, [R.FS_SCL_HCNT]: 6, [R.FS_SCL_LCNT]: 8, [R.FS_SPKLEN]: 1 };

export class I2cRegisters {
  constructor() {
    this.reset();
  }

  reset() {
    this.values = new Map(KEPT.map(([offset, value]) => [offset, value]));
  }

  has(offset) {
    return this.values.has(offset);
  }

  at(offset) {
    return this.values.get(offset);
  }

  write(offset, value, enabled) {
    const [, , bits, always] = KEPT.find(([each]) => each === offset);
    if (enabled && !always) {
      return; // datasheet: writes at other times have no effect
    }
    const most = offset === R.RX_TL || offset === R.TX_TL ? MOST_LEVEL : bits;
    this.values.set(offset, Math.max(LEAST[offset] ?? 0, Math.min(most, value & bits)));
  }
}
