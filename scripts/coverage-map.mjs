// Coverage counts the published sources, over all tests together; not tests and examples.
import { readdirSync } from 'node:fs'

const published = ['src', 'adapters'].flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => `${folder}/${file.replaceAll('\\', '/')}`),
)

export default () => published
