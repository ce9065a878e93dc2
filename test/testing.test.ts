import t from 'tap'

t.test('x', async t => {
  t.ok(true)
})
t.test('y', async t => {
  t.ok(true)
  t.ok(true)
})
