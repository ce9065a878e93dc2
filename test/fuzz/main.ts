/** Fuzzes every target in turn: `npm run fuzz -- --seconds N [--seed N] [name ...]`. Ends with an error at the first text that breaks an invariant. */
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.js'
import { targets } from './targets.js'

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
  allowPositionals: true,
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
if (!(seconds > 0) || !Number.isInteger(seed) || chosen.length === 0) {
  console.error(
    `fuzz: [--seconds N] [--seed N] [name ...], one of: ${targets.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}

console.log(`${seconds} seconds, seed ${seed}`)
for (const target of chosen) {
  const { executions, kept, failure } = await fuzz(target, (seconds * 1_000) / chosen.length, seed)
  console.log(
    `${failure ? 'not ok' : 'ok'}  ${target.name.padEnd(20)}${String(executions).padStart(10)} texts, ${kept} kept`,
  )
  if (!failure) continue
  console.error(failure.error)
  console.error(`with this text:\n${JSON.stringify(failure.text)}`)
  process.exit(1)
}
