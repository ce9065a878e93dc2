import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { usageError } from './io.js'

/**
 * Resolves to a function that a flag names: `<file>#<name>`, `handler` unless another name follows the `#`.
 *
 * @throws UsageError naming the flag
 */
export async function loadFunction<T>(flag: string, reference: string, folder = ''): Promise<T> {
  const [file = '', name = 'handler'] = reference.split('#')
  try {
    const module = (await import(pathToFileURL(resolve(folder, file)).href)) as Record<string, unknown>
    if (typeof module[name] !== 'function') throw new Error(`${file} exports no function ${name}`)
    return module[name] as T
  } catch (error) {
    throw usageError(`${flag}: ${(error as Error).message}`)
  }
}
