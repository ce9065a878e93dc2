import t from 'tap'
import { fuzz } from './fuzz/fuzz.js'
import { targets } from './fuzz/targets.js'

// A short run of `npm run fuzz -- --seconds N`.
const seed = Date.now() % 1_000_000

for (const target of targets) {
  t.test(`${target.name}, seed ${seed}`, async t => {
    const { executions, failure } = await fuzz(target, 400, seed)
    if (failure) t.fail(`${String(failure.error)}: ${JSON.stringify(failure.text)}`)
    t.ok(executions >= target.seeds.length, `${executions} texts`)
  })
}

t.test('what does harm is found', async t => {
  const harmed = { name: 'harm', seeds: ['{"a":1}'], words: ['"x"'] }
  const { failure } = await fuzz({ ...harmed, run: text => void JSON.parse(text) }, 2_000, seed)
  t.match(failure, { text: String, error: SyntaxError })
  const { failure: first } = await fuzz(
    { ...harmed, run: () => Promise.reject(new Error('a fault')) },
    10,
    seed,
  )
  t.match(first, { text: '{"a":1}', error: { message: 'a fault' } })
})
