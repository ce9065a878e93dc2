import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'

/** Writes a file whole or not at all: until it is complete, readers get the old one. Resolves to whether it was written. */
export async function writeFileAtomically(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await rename(temporary, path)
    return true
  } catch {
    await rm(temporary, { force: true })
    return false
  }
}
