/** The input and output of a command. It touches nothing else of the process, so that a test can run it. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Replaces the network. */
  readonly fetch?: typeof globalThis.fetch
}

/** Where a command writes. */
export interface Output {
  write(text: string): unknown
  /** Whether it is a terminal. */
  readonly isTTY?: boolean
}

/**
 * A command: `run` of the module of the same name.
 *
 * @returns the exit code: 0 success, 1 a negative result, 2 no result
 * @throws UsageError, and what `parseArgs` throws, for arguments that cannot be understood
 */
export type Run = (args: readonly string[], io: Io) => Promise<number>

/** Returns the error of arguments or a configuration that cannot be used; `main` prints it and ends with 2. */
export function usageError(message: string): Error {
  return Object.assign(new Error(message), { name: 'UsageError' })
}
