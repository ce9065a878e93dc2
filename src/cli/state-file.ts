import { open, readFile, realpath, rename, rm, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Local } from '../devtools/local/local.js'
import { parseState, type SavedState, savedState } from '../devtools/local/state.js'
import { usageError } from './io.js'

/** A file that a local Cognito keeps its state in. */
export interface StateFile {
  /** What is in it; nothing the first time. */
  readonly saved: SavedState | undefined
  /** Writes the state of a server that has started; rejects with a UsageError if it cannot. */
  readonly begin: (local: Local) => Promise<void>
  /** Writes what has changed since, soon. */
  readonly changed: () => void
  /** Writes what has changed, and lets go of the file. */
  readonly close: () => Promise<void>
}

/**
 * Resolves to a state file, which no other process uses meanwhile. Each write replaces it whole.
 *
 * @param warn called when it cannot be written, once until it can again
 * @throws UsageError for a file of another process, another pool or another kind, and for one that cannot be read
 */
export async function openStateFile(
  path: string,
  userPoolId: string,
  warn: (problem: string) => void,
): Promise<StateFile> {
  // Over 40 lines: its functions share what was written last.
  const file = await realpath(path).catch(() => path)
  const unlock = await lock(file, path)
  let written: string | undefined
  let saved: SavedState | undefined
  try {
    written = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw new Error(`cannot be read (${error.code})`)
      return undefined
    })
    saved = written === undefined ? undefined : parseState(written, userPoolId)
  } catch (error) {
    await unlock()
    throw usageError(unusable(path, (error as Error).message))
  }

  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let isFailing = false
  let delay = least
  let local: Local | undefined

  async function write(): Promise<void> {
    const started = performance.now()
    const text = `${JSON.stringify(savedState(local as Local))}\n`
    if (text === written) return
    await replace(file, text)
    written = text
    // a large state is written less often, so that it does not hold up the requests
    delay = Math.max(least, 10 * (performance.now() - started))
  }

  async function writeOrWarn(): Promise<void> {
    try {
      await write()
      isFailing = false
    } catch (error) {
      if (!isFailing) warn(cannotWrite(path, error))
      isFailing = true
    }
  }

  const flush = () => {
    timer = undefined
    writing = writing.then(writeOrWarn)
    return writing
  }

  return {
    saved,
    async begin(begun) {
      local = begun
      await write().catch((error: unknown) => {
        throw usageError(cannotWrite(path, error))
      })
    },
    changed() {
      timer ??= setTimeout(() => void flush(), delay)
    },
    async close() {
      clearTimeout(timer)
      if (local) await flush()
      await unlock()
    },
  }
}

/** An error at the start that is not of the arguments is of the state, where there is one: a file can be JSON of the right kind and still be damaged. */
export const unlessState =
  (path: string | undefined, saved: SavedState | undefined) =>
  (error: unknown): never => {
    const { name, message } = error as Error
    if (path === undefined || saved === undefined || name === 'UsageError') throw error
    throw usageError(unusable(path, `is damaged: ${message}`))
  }

const unusable = (path: string, problem: string): string =>
  `--state: ${path} ${problem}. Move it away to begin anew, or name another file`

const cannotWrite = (path: string, error: unknown) =>
  `--state: ${path} cannot be written (${(error as NodeJS.ErrnoException).code}). It is replaced at each change: its folder must be writable, and in a container the folder is what to mount`

/** Writes a file whole or not at all, for its owner only: it holds private keys. */
async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
  const folder = await open(dirname(file))
  await folder.sync().finally(() => folder.close())
}

/** Locks a file until the returned function is called. A lock whose process is gone, or that nobody has renewed, is void. */
async function lock(file: string, path: string): Promise<() => Promise<void>> {
  const lockFile = `${file}.lock`
  const create = async () => {
    const handle = await open(lockFile, 'wx', 0o600)
    await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }))
    await handle.close()
  }
  await create().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw usageError(cannotWrite(path, error))
    if (await isHeld(lockFile))
      throw usageError(
        `--state: ${path} is in use by another process. End it, name another file, or remove ${lockFile} if there is none`,
      )
    await rm(lockFile, { force: true })
    await create()
  })
  own.add(lockFile)
  const renewal = setInterval(() => {
    const now = new Date()
    utimes(lockFile, now, now).catch(() => {})
  }, renewed)
  renewal.unref()
  return async () => {
    clearInterval(renewal)
    own.delete(lockFile)
    await rm(lockFile, { force: true })
  }
}

/** Process IDs say nothing about another machine or container, which share the file by a volume. */
async function isHeld(lockFile: string): Promise<boolean> {
  const handle = await open(lockFile)
  try {
    const { mtimeMs } = await handle.stat()
    const { pid, host } = ownerIn(await handle.readFile('utf8'))
    if (host === hostname()) return pid === process.pid ? own.has(lockFile) : isAlive(pid)
    return Date.now() - mtimeMs < 5 * renewed
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

/** Milliseconds after which a change is written, with those that follow it. */
const least = 100

/** Milliseconds between two renewals of a lock. */
const renewed = 2000
