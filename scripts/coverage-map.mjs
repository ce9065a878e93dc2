// What must be covered is what is published: the sources, by every test together. Tests and examples are there to run it.
import { readdirSync } from 'node:fs'

const published = ['src', 'adapters'].flatMap(room =>
  readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => `${room}/${file.replaceAll('\\', '/')}`),
)

export default () => published
