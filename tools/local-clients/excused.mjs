// What the local Cognito does not play on purpose: it must say so, by the name of the operation.
import assert from 'node:assert/strict'
import { test } from 'node:test'

/** How the reason begins for which such a check is skipped. */
export const refusedByName = 'refused by name'

/**
 * Defines tests of a suite by name. One that is excused must fail, with an error that names its operation; it is reported as skipped then,
 * with the reason.
 */
export function checks(excused) {
  const unused = new Set(Object.keys(excused))
  return {
    check(name, body) {
      unused.delete(name)
      test(name, { timeout: 30_000 }, async t => {
        if (!Object.hasOwn(excused, name)) return body(t)
        const [operation, reason] = excused[name]
        const error = await body(t).then(
          () => undefined,
          reason => reason,
        )
        assert.ok(error, 'it is played now: take its excuse out')
        // clients that wrap errors keep the words of the server
        assert.match(`${error.name}: ${error.message}`, new RegExp(`\\b${operation}\\b`), error.stack)
        t.skip(`${refusedByName}, ${operation}: ${reason}`)
      })
    },
    /** The last call of a file: an excuse for nothing is a mistake. */
    end: () => assert.deepEqual([...unused], []),
  }
}
