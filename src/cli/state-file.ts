import { open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Local } from '../devtools/local/local.js'
import { parseState, type SavedState, savedState } from '../devtools/local/state.js'
import { usageError } from './io.js'
import { lock } from './lock-file.js'

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
  const unlock = await lock(file).catch((error: unknown) => {
    throw usageError(cannotWrite(path, error))
  })
  if (!unlock)
    throw usageError(
      `--state: ${path} is in use by another process. End it, name another file, or remove ${file}.lock if there is none`,
    )
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
    // a large state is written less often, so that it does not hold up the requests
    delay = Math.max(least, 10 * (performance.now() - started))
    if (text === written) return
    await replace(file, text)
    written = text
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
      const first = write()
      writing = first.catch(() => {
        local = undefined
      })
      await first.catch((error: unknown) => {
        throw usageError(cannotWrite(path, error))
      })
    },
    changed() {
      if (local) timer ??= setTimeout(() => void flush(), delay)
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
  await syncFolder(dirname(file)).catch(() => {}) // there is no such thing on Windows
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}

/** Milliseconds after which a change is written, with those that follow it. */
const least = 100
