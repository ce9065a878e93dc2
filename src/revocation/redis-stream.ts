/** One stream, through a client that is connected. */
export interface RedisStream {
  /** Adds a line and returns its ID. */
  add(line: string): Promise<string>
  /** Deletes entries before an ID, and the stream itself after so many seconds. */
  expire(before: string, seconds: number): Promise<unknown>
  /** A connection of our own: one that waits for entries can do nothing else. */
  connection(): StreamConnection
}

/** One stream, through a connection that nothing else uses. */
export interface StreamConnection {
  open(): Promise<unknown>
  /** The entries after an ID, up to a number; waits for one, up to a number of milliseconds. */
  read(after: string, count: number, block: number): Promise<readonly StreamEntry[]>
  has(id: string): Promise<boolean>
  /** The ID of the first entry, `undefined` when there is none. */
  first(): Promise<string | undefined>
  end(): void
}

/** A line of text in a stream, with the ID that Redis gave it: milliseconds and a number. */
interface StreamEntry {
  readonly id: string
  readonly line: string
}

/** The field of an entry that holds the line. */
export const field = 'r'
