import t from 'tap'
import { type Listed, recentlyUsed } from '../../src/verifier/recently-used.js'
import { random } from '../fuzz/random.js'

interface Item extends Listed<Item> {
  readonly text: string
}

let made = 0
const item = (id: number): Item => ({ id, text: `${made++}`, newer: undefined, older: undefined })

/** The same, as slow as it is simple: the newest comes last. */
function model(max: number) {
  let items: readonly Item[] = []
  const without = (gone: Item | undefined) => items.filter(each => each !== gone)
  const at = (id: number) => items.find(each => each.id === id)
  return {
    get(id: number) {
      const found = at(id)
      if (found) items = [...without(found), found]
      return found
    },
    add: (entry: Item) => {
      items = [...without(at(entry.id)), entry].slice(-max)
    },
    drop: (entry: Item) => {
      items = without(entry)
    },
  }
}

t.test('random uses: what is found is what a list in the order of use holds', async t => {
  const seed = Date.now() | 0
  const pick = random(seed)
  for (const max of [1, 2, 3, 7]) {
    const [recent, expected] = [recentlyUsed<Item>(max), model(max)]
    const added: Item[] = []
    let differences = 0
    let found = 0
    for (let step = 0; step < 20_000; step++) {
      const id = pick(10)
      const known = added[pick(added.length + 1)]
      if (pick(3) === 0) {
        const entry = item(id)
        added.push(entry)
        recent.add(entry)
        expected.add(entry)
      } else if (pick(5) === 0 && known) {
        // often one that was dropped before, or that made room for another
        recent.drop(known)
        expected.drop(known)
      } else {
        const entry = recent.get(id)
        if (entry !== expected.get(id)) differences++
        if (entry) found++
      }
      if (added.length > 20) added.shift()
    }
    t.equal(differences, 0, `at most ${max}, seed ${seed}`)
    t.ok(found > 500, `${found} were found`)
  }
})

t.test('an entry that is left holds no other', async t => {
  const recent = recentlyUsed<Item>(2)
  const [first, second, third, other, last] = [item(1), item(2), item(3), item(2), item(4)] as const
  for (const each of [first, second, third]) recent.add(each)
  t.match(first, { newer: undefined, older: undefined }, 'it made room')
  recent.add(other)
  t.match(second, { newer: undefined, older: undefined }, 'another took its place')
  recent.drop(third)
  t.match(third, { newer: undefined, older: undefined }, 'it was dropped')
  recent.add(last)
  recent.drop(last)
  t.match(last, { newer: undefined, older: undefined }, 'it was dropped as the newest')
  t.match(other, { newer: undefined, older: undefined }, 'the only one')
  t.equal(recent.get(2), other)
})
