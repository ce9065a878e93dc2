import { type Io, usageError } from './io.js'

/**
 * Resolves to the whole input.
 *
 * @throws UsageError for more than 1 MiB
 */
export async function readAll(stdin: Io['stdin']): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stdin) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text.length > 1_048_576) throw usageError('more came in than any token or event has')
  }
  return text + decoder.decode()
}
