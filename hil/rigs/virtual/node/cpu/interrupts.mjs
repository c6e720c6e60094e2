/**
 * Interrupt, sleep and fault rules of the core, where rp2040js's differ from the ARMv6-M manual. The functions
 * replace methods of one rp2040js core; the rest (exception entry and return, priorities) stays rp2040js's own.
 *
 * - A sleeping core is woken by a pending exception even while PRIMASK is set, but the exception is then not taken
 *   (B1.4.2, WFI). rp2040js takes it, inside the critical section.
 * - WFI does not sleep when such an exception is already pending (A6.7.72). rp2040js sleeps until the next one.
 * - SysTick and PendSV wake the core too.
 * - The handler's address loses bit 0 on entry (B1.5.6), so PC is always even.
 * - Entering and leaving an exception take time. rp2040js charges nothing.
 */
import { exceptionClk } from './charges.mjs';
import { SLOT } from './state.mjs';
import { isXip } from './xip_cache.mjs';

/**
 * Clocks of entering an exception, without wait states (Cortex-M0+ TRM 3.6.1; RP2040 datasheet 2.4.3): of them FRAME for
 * eight words onto the stack, as STM takes (TRM table 3-1), the rest for the vector and the handler's first fetch.
 */
const ENTRY_CLK = 15;
const FRAME_CLK = 1 + 8;

/** Of an exception right behind another one, whose eight words stay where they are (not published: taken so). */
const CHAIN_CLK = ENTRY_CLK - FRAME_CLK;

/** Of a return, beyond the branch that asks for it: as a POP of eight with PC among them (not published: taken so). */
const EXIT_CLK = 3 + 8;

const HARD_FAULT = 3;
const LOWEST_PRIORITY = 4;

/** Special registers MSR can write, by SYSm (B5.1.1); IPSR and EPSR ignore writes. */
const SYSM = Object.freeze({ APSR: 0, IAPSR: 1, EAPSR: 2, XPSR: 3, PRIMASK: 16 });

/** Give the core (rp2040js CortexM0Core) of a CpuState the rules above. */
export function fixInterruptRules({ core, R, memory }) {
  const { xip } = memory;
  const stockCheck = core.checkForInterrupts;
  const stockEntry = core.exceptionEntry;
  const stockReturn = core.exceptionReturn;
  const stockWrite = core.writeSpecialRegister;
  let entryClk = ENTRY_CLK;

  core.exceptionEntry = function exceptionEntry(number) {
    stockEntry.call(this, number);
    R[SLOT.PC] &= ~1;
    R[SLOT.FETCHED] = -1;
    R[SLOT.CYCLES] += exceptionClk(entryClk);
    if (xip !== null && isXip(this.VTOR)) xip.access(this.VTOR + 4 * number);
  };

  core.exceptionReturn = function exceptionReturn(value) {
    stockReturn.call(this, value);
    entryClk = CHAIN_CLK;
    const chained = this.checkForInterrupts();
    entryClk = ENTRY_CLK;
    if (!chained) R[SLOT.CYCLES] += exceptionClk(EXIT_CLK);
  };

  core.checkForInterrupts = function checkForInterrupts() {
    this.waiting = false; // the stock routine widens the priority of a waiting core; only running ones come here
    return stockCheck.call(this);
  };

  core.setInterrupt = function setInterrupt(irq, on) {
    const bit = 1 << irq;
    if (!on) {
      this.pendingInterrupts &= ~bit;
    } else if (!(this.pendingInterrupts & bit)) {
      this.pendingInterrupts |= bit;
      this.interruptsUpdated = true;
      if (this.waiting && wakeUpPending(this)) this.waiting = false;
    }
  };

  core.writeSpecialRegister = function writeSpecialRegister(sysm, value) {
    if (sysm === SYSM.APSR || sysm === SYSM.IAPSR || sysm === SYSM.EAPSR || sysm === SYSM.XPSR) {
      this.APSR = value;
    } else {
      stockWrite.call(this, sysm, value);
      R[SLOT.SP] &= ~3;
      this.bankedSP = (this.bankedSP & ~3) >>> 0;
    }
  };
}

/** Is an exception pending that PRIMASK alone may hold back: what ends WFI (ARM ARM B1.4.2)? */
export function wakeUpPending(core) {
  if (core.pendingNMI) return true;
  const active = Math.min(core.exceptionPriority(core.IPSR), LOWEST_PRIORITY);
  if (core.pendingSVCall && core.svCallPriority < active) return true;
  if (core.pendingPendSV && core.pendSVPriority < active) return true;
  if (core.pendingSystick && core.systickPriority < active) return true;
  const pending = core.pendingInterrupts & core.enabledInterrupts;
  if (!pending) return false;
  for (let priority = 0; priority < active; priority++) {
    if (pending & core.interruptPriorities[priority]) return true;
  }
  return false;
}

/**
 * Take a HardFault for the instruction at `pc` (B1.5.6). False if that is impossible because a HardFault or NMI is
 * already active: the core is then locked up (B1.5.13) and stays at `pc`.
 */
export function takeHardFault(core, pc) {
  core.PC = pc;
  if (core.exceptionPriority(core.IPSR) < 0) return false;
  core.exceptionEntry(HARD_FAULT);
  return true;
}
