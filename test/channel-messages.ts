import { channel } from 'node:diagnostics_channel'

/** What is published to a channel until a test ends. */
export function messagesOf<M>(t: { teardown(end: () => void): unknown }, name: string): M[] {
  const messages: M[] = []
  const listener = (message: unknown) => void messages.push(message as M)
  channel(name).subscribe(listener)
  t.teardown(() => {
    channel(name).unsubscribe(listener)
  })
  return messages
}

/** The channels of a tracing channel, in the order of their messages, with the message. */
export function traceOf<M>(t: { teardown(end: () => void): unknown }, name: string): [string, M][] {
  const messages: [string, M][] = []
  for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
    const each = channel(`tracing:${name}:${event}`)
    const listener = (message: unknown) => void messages.push([event, message as M])
    each.subscribe(listener)
    t.teardown(() => {
      each.unsubscribe(listener)
    })
  }
  return messages
}
