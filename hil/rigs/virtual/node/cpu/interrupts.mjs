/**
 * Interrupt, sleep and fault rules of the core, where rp2040js's differ from the ARMv6-M manual. The functions
 * replace methods of one rp2040js core; the rest (exception entry and return, priorities) stays rp2040js's own.
 *
 * - A sleeping core is woken by a pending exception even while PRIMASK is set, but the exception is then not taken
 *   (B1.4.2, WFI). rp2040js takes it, inside the critical section.
 * - WFI does not sleep when such an exception is already pending (A6.7.72). rp2040js sleeps until the next one.
 * - SysTick and PendSV wake the core too.
 * - The handler's address loses bit 0 on entry (B1.5.6), so PC is always even.
 */
import { SLOT } from './state.mjs';

const HARD_FAULT = 3;
const LOWEST_PRIORITY = 4;

/** Special registers MSR can write, by SYSm (B5.1.1); IPSR and EPSR ignore writes. */
const SYSM = Object.freeze({ APSR: 0, IAPSR: 1, EAPSR: 2, XPSR: 3, PRIMASK: 16 });

/** Give `core` (rp2040js CortexM0Core) the rules above. `R` is the state array of CpuState. */
export function fixInterruptRules(core, R) {
  const stockCheck = core.checkForInterrupts;
  const stockEntry = core.exceptionEntry;
  const stockWrite = core.writeSpecialRegister;

  core.exceptionEntry = function exceptionEntry(number) {
    stockEntry.call(this, number);
    R[SLOT.PC] &= ~1;
    R[SLOT.FETCHED] = -1;
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
