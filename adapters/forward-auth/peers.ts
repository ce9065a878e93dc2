import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Server } from 'node:net'
import type { OptionCheck } from '../../src/options.js'

/** Returns whether an address is of one of these peers. */
export function peersOf(peers: readonly string[]): (address: string | undefined) => boolean {
  const listed = new BlockList()
  for (const peer of peers.filter(each => each !== unix)) {
    const { address, family, bits } = parsed(peer) as Range
    listed.addSubnet(address, bits, family)
  }
  const allowsUnix = peers.includes(unix)
  return address => {
    if (address === unix) return allowsUnix
    const plain = unmapped(address ?? '')
    const version = isIP(plain)
    return version !== 0 && listed.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Returns the address that a request came from; `unix` for a Unix socket, `undefined` where nothing shows it. */
export function peerOf({ socket }: IncomingMessage): string | undefined {
  if (socket.remoteAddress !== undefined) return socket.remoteAddress
  // No address alone proves nothing: adapters for functions, and mocks, have none for anybody. Once it closes, a server has none either.
  const { server } = socket as { readonly server?: Server }
  if (typeof server?.address?.() === 'string') unixServers.add(server)
  return server && unixServers.has(server) ? unix : undefined
}

/** An address, a network, or `unix`. Not everybody: who may ask may say anything of the original request. */
export const aPeer: OptionCheck = value => {
  if (value === unix) return undefined
  const range = typeof value === 'string' ? parsed(value) : undefined
  if (!range) return "must be an address, a network such as 10.0.0.0/16, or 'unix'"
  return range.bits === 0
    ? 'must not be everybody: whoever may ask decides what the original request was'
    : undefined
}

/** Loopback, and Unix sockets. */
export const ownMachine: readonly string[] = ['127.0.0.0/8', '::1', 'unix']

interface Range {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  readonly bits: number
}

function parsed(peer: string): Range | undefined {
  const [address = '', bits, ...rest] = peer.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  // a zone, `fe80::1%eth0`, names an interface
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)) return undefined
  return {
    address,
    family: version === 4 ? 'ipv4' : 'ipv6',
    bits: bits === undefined ? most : Number(bits),
  }
}

/** A socket that listens on `::` shows addresses of IPv4 in those of IPv6. */
const unmapped = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')

const unix = 'unix'

const unixServers = new WeakSet<Server>()
