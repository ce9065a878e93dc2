import t, { type Test } from 'tap'
import { serveLoopback } from './loopback.js'
import { runtimes } from './runtimes.js'
import { type Outcome, run } from './suite.js'
import { workspace } from './workspace.js'

// Next.js takes half a minute to build.
t.setTimeout(600_000)

const { close, ...loopback } = await serveLoopback()
t.teardown(close)

t.test('in this process, from its modules', async t => report(t, await run(loopback)))

const found = runtimes.filter(({ missing }) => missing === undefined)
for (const { name, missing } of runtimes) if (missing) t.pass(name, { skip: missing })

if (found.length > 0) {
  t.test('as it is published', async t => {
    const work = workspace('dist/test/runtimes/suite.js')
    t.teardown(work.remove)
    for (const runtime of found)
      await t.test(runtime.name, async t => report(t, (await runtime.run(work, loopback)) as Outcome[]))
  })
}

function report(t: Test, outcomes: readonly Outcome[]): void {
  t.ok(outcomes.length > 40, 'every check was run')
  for (const { name, failure } of outcomes) t.equal(failure, undefined, name)
}
