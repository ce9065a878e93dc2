import { randomUUID } from 'node:crypto'
import { open, readFile, rm, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Locks a file until the returned function is called; resolves to `undefined` where another process has it. A lock whose process is gone, or that nobody has
 * renewed for five times as long as it takes, is void.
 *
 * @param every milliseconds between two renewals
 */
export async function lock(file: string, every = 2000): Promise<(() => Promise<void>) | undefined> {
  const lockFile = `${file}.lock`
  const text = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
  if (!(await create(lockFile, text))) {
    if (await isHeld(lockFile, 5 * every)) return undefined
    await rm(lockFile, { force: true })
    await create(lockFile, text)
    // of several that found it void the last one has it, and the others see that by now
    await sleep(50)
    if ((await readFile(lockFile, 'utf8')) !== text) return undefined
  }
  own.add(lockFile)
  const renewal = setInterval(() => {
    const now = new Date()
    utimes(lockFile, now, now).catch(() => {})
  }, every)
  renewal.unref()
  return async () => {
    clearInterval(renewal)
    own.delete(lockFile)
    await rm(lockFile, { force: true })
  }
}

async function create(lockFile: string, text: string): Promise<boolean> {
  try {
    const handle = await open(lockFile, 'wx', 0o600)
    await handle.writeFile(text)
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Process IDs say nothing about another machine or container, which share the file by a volume. */
async function isHeld(lockFile: string, age: number): Promise<boolean> {
  const handle = await open(lockFile)
  try {
    const { mtimeMs } = await handle.stat()
    const { pid, host } = ownerIn(await handle.readFile('utf8'))
    if (host === hostname()) return pid === process.pid ? own.has(lockFile) : isAlive(pid)
    return Date.now() - mtimeMs < age
  } finally {
    await handle.close()
  }
}

function ownerIn(text: string): { readonly pid?: number; readonly host?: string } {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {} // it is being written
  }
}

function isAlive(pid: unknown): boolean {
  try {
    return process.kill(Number(pid), 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The locks of this process: another one had its ID before, in a container that was started again. */
const own = new Set<string>()
