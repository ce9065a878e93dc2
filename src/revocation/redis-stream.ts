/** One stream, through a client that is connected. */
export interface RedisStream {
  /** Adds a line and returns its ID. */
  add(line: string): Promise<string>
  /** Takes out entries before an ID, and the stream itself after so many seconds. */
  expire(before: string, seconds: number): Promise<unknown>
  /** A connection of our own: one that waits for entries can do nothing else. */
  connection(): StreamConnection
}

/** One stream, through a connection on which nobody else waits. */
export interface StreamConnection {
  open(): Promise<unknown>
  /** The entries after an ID, up to a number; waits for one, up to a number of milliseconds. */
  read(after: string, count: number, block: number): Promise<readonly StreamEntry[]>
  has(id: string): Promise<boolean>
  /** The ID of the first entry, `undefined` when there is none. */
  first(): Promise<string | undefined>
  end(): void
}

/** A line of text in a stream, with its ID: the milliseconds and the number that Redis gave it. */
interface StreamEntry {
  readonly id: string
  readonly line: string
}

/** The field of an entry that the line is in. */
export const field = 'r'
