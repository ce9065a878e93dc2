import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { aPolicy } from '../src/guard/policy.js'
import {
  aBoolean,
  aClock,
  aCount,
  aFunction,
  anObject,
  aString,
  checkOptions,
  type OptionCheck,
  oneOf,
  oneOrMore,
  seconds,
  valuesByName,
} from '../src/options.js'

t.test('each check', async t => {
  const cases: [string, OptionCheck, unknown[], unknown[]][] = [
    ['must be a non-empty string', aString, ['x', ' '], ['', 1, null, undefined, ['x'], new String('x')]],
    ['must be true or false', aBoolean, [true, false], [0, 1, 'true', null, undefined, new Boolean(true)]],
    ['must be a function', aFunction, [() => {}, Date], [null, {}, 'x']],
    [
      'must be a plain object, without a prototype of its own',
      valuesByName,
      [{}, { a: 1 }, Object.create(null), runInNewContext('({ a: 1 })')],
      [{ __proto__: { a: 1 } }, Object.create(Object.create(null)), Object.create({}), new Map(), new Date()],
    ],
    ['must be an object', valuesByName, [{}], [null, [], 'x', 1, () => {}]],
    ['must be an object', anObject, [{}, new Map()], [null, [], 'x', 1, () => {}]],
    [
      'must have a function now()',
      aClock,
      [Date, performance, { now: () => 1 }],
      [null, undefined, {}, 1, { now: 1 }],
    ],
    [
      'must be a number of seconds from 0 to 300',
      seconds(0, 300),
      [0, 0.5, 300],
      [-1, 301, Number.NaN, Infinity, -Infinity, '5', null, 5n],
    ],
    [
      'must be a whole number from 1 to 9',
      aCount(1, 9),
      [1, 9],
      [0, 10, 1.5, Number.NaN, Infinity, '1', null],
    ],
    ['must be one of a, b', oneOf('a', 'b'), ['a', 'b'], ['c', 'A', '', null, undefined, ['a']]],
    ['must be a non-empty string', oneOrMore(aString), ['x', ['x'], ['x', 'y']], ['', 1, null]],
    ['must not be an empty list', oneOrMore(aString), [], [[]]],
    [
      'has an entry that must be a non-empty string',
      oneOrMore(aString),
      [],
      [[''], ['x', 1], [undefined], Array.from({ length: 1 })],
    ],
  ]
  for (const [problem, check, right, wrong] of cases) {
    for (const value of right) t.equal(check(value), undefined, `${problem}: ${inspect(value)} is`)
    for (const value of wrong)
      t.equal(
        check(value)?.replace(/: it (?:is|seems) .*/, ''),
        problem,
        `${problem}: ${inspect(value)} is not`,
      )
  }
})

t.test('options are checked by name', async t => {
  const checks = { name: aString, 'count?': aCount(1, 9), 'policy?': aPolicy }
  const cases: [unknown, string | undefined][] = [
    [{ name: 'x' }, undefined],
    [{ name: 'x', count: 1 }, undefined],
    [{ name: 'x', count: undefined }, undefined],
    [Object.assign(Object.create(null), { name: 'x' }), undefined],
    [undefined, 'make: options must be an object'],
    [null, 'make: options must be an object'],
    [[], 'make: options must be an object'],
    ['x', 'make: options must be an object'],
    [{}, 'make: name is undefined'],
    [{ name: undefined }, 'make: name is undefined'],
    [{ name: 'x', policy: undefined }, 'make: policy is undefined'],
    [{ name: null }, 'make: name must be a non-empty string'],
    [{ name: 'x', count: 0 }, 'make: count must be a whole number from 1 to 9'],
    [{ name: 'x', count: null }, 'make: count must be a whole number from 1 to 9'],
    [{ name: 'x', Count: 1 }, 'make: Count is not an option; count is'],
    [{ name: 'x', toString: 1 }, 'make: toString is not an option; known are name, count, policy'],
    [{ name: 'x', 'count?': 1 }, 'make: count? is not an option; known are name, count, policy'],
    [
      JSON.parse('{"name":"x","__proto__":{"count":0}}'),
      'make: __proto__ is not an option; known are name, count, policy',
    ],
  ]
  for (const [options, message] of cases) {
    const call = () => checkOptions('make', options, checks)
    if (message) t.throws(call, new TypeError(message), message)
    else t.doesNotThrow(call)
  }
})
