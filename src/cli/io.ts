/** What a command has of the world: nothing else of the process is touched, so that a test can run one. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** In place of the network. */
  readonly fetch?: typeof globalThis.fetch
}

/** Where a command writes. */
export interface Output {
  write(text: string): unknown
  /** Whether somebody reads it as it is written. */
  readonly isTTY?: boolean
}

/**
 * A command: `run` of the module that bears its name.
 *
 * @returns the exit code: 0 as wished, 1 not so, 2 could not tell or do
 * @throws UsageError, and what `parseArgs` throws, for arguments that cannot be understood
 */
export type Run = (args: readonly string[], io: Io) => Promise<number>

/** Returns the error of arguments or a configuration that cannot be used; `main` prints it and ends with 2. */
export function usageError(message: string): Error {
  return Object.assign(new Error(message), { name: 'UsageError' })
}
