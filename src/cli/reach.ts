import { isIP } from 'node:net'
import { isEvery, isLoopback, type Reach } from '../testing/loopback.js'
import { usageError } from './io.js'

/** The flags that say from where the local Cognito is reached, for `parseArgs`. */
export const reachFlags = {
  host: { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
} as const

interface Values {
  readonly host?: string | undefined
  readonly 'allow-host'?: readonly string[] | undefined
}

/**
 * The reach of the flags. An address that is listened on is a name too.
 *
 * @throws UsageError
 */
export function readReach({ host: address, 'allow-host': allowed = [] }: Values): Reach {
  if (address !== undefined && isIP(address) === 0)
    throw usageError('--host must be an IP address, such as 0.0.0.0; names are for --allow-host')
  const own = address === undefined || isEvery(address) || isHere(address) ? [] : [address]
  return {
    ...(address !== undefined && { address }),
    names: [...own, ...allowed].map(hostName),
  }
}

/** What a reach opens, as a warning; empty for this machine alone. */
export function openness({ address, names = [] }: Reach): string {
  const isOpen = address !== undefined && !isHere(address)
  if (!isOpen && names.length === 0) return ''
  const whom = isOpen
    ? `Open to the network at ${address}: whoever reaches this machine there can sign in as anybody, change users, and get tokens that your API accepts.`
    : 'Answers to more names than those of this machine.'
  const pages =
    names.length === 0
      ? 'It answers to loopback names only: add --allow-host <name> for others.'
      : `Pages of these names may call it: ${names.join(', ')}.`
  return `\n  WARNING    ${whom}\n             ${pages}\n`
}

/** A host as URLs have it. */
function hostName(text: string): string {
  const url = `http://${inUrl(text)}`
  if (/[*/?#@\s]/.test(text) || !URL.canParse(url) || new URL(url).port || /:\d+$/.test(inUrl(text)))
    throw usageError('--allow-host must be a host name or an IP address, exactly, without scheme and port')
  return new URL(url).hostname
}

const isHere = (address: string) => isLoopback(`http://${inUrl(address)}`)

const inUrl = (host: string) => (isIP(host) === 6 ? `[${host}]` : host)

/** Their part of the help. */
export const reachHelp = `
From containers, emulators and other devices (whoever reaches it signs in as anybody):
  --host <address>      listen there, such as 0.0.0.0; default 127.0.0.1
  --allow-host <name>   answer to this host name too, such as cognito or 10.0.2.2; may be repeated, has no wildcards
`
