/**
 * Clocks that a Cortex-M0+ takes and rp2040js and rp2040py leave out: entering and leaving an exception, LR in a PUSH, PC
 * in a POP. They are left out here, too, only where this emulator is held against theirs.
 */
let leftOut = false;

/** From here on they are not charged. Before any code is translated, and for all chips of the process. */
export function leaveOut() {
  leftOut = true;
}

/** So many clocks of an exception, or none. */
export const exceptionClk = (clocks) => (leftOut ? 0 : clocks);

/** Registers in the list of a PUSH or POP, `op`, that take a clock. */
export function listedClk(op) {
  let count = 0;
  for (let bits = op & (leftOut ? 0xff : 0x1ff); bits; bits &= bits - 1) count++;
  return count;
}
