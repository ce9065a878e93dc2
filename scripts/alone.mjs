// Two commands at once (`npm run demo` beside `npm test`) would install or build into each other's hands: one does it, the other waits.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

const lock = new URL('../.building', import.meta.url)

/** Does some work while no other process does such work in this folder. */
export function alone(work) {
  while (!take()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  try {
    return work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  if (!isHeld()) rmSync(lock, { force: true })
  return false
}

/** A process that was ended leaves its lock behind. */
function isHeld() {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    // created, and not yet written
    if (holder === 0) return true
    process.kill(holder, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
