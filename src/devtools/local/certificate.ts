import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'

/** The key and certificate of a server, in PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/**
 * A new key and a certificate that it signs itself, for a server by these host names and addresses: P-256, for a year, and not for signing others, so
 * that who trusts it trusts this server and nothing else (RFC 5280; RFC 5758 section 3.2).
 */
export function selfSigned(names: readonly string[], now: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid('2a8648ce3d040302')) // ecdsa-with-SHA256
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('cognito-guard dev')))))
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // v3
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(now - 86_400_000), time(now + 365 * 86_400_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension('551d13', sequence()), // basicConstraints: no CA
        extension('551d25', sequence(oid('2b06010505070301'))), // extKeyUsage: serverAuth
        extension('551d11', sequence(...names.map(alternativeName))),
      ),
    ),
  )
  const signature = der(0x03, Buffer.concat([Buffer.alloc(1), sign('sha256', signed, privateKey)]))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: new X509Certificate(sequence(signed, algorithm, signature)).toString(),
  }
}

/** The type, the length and the value of ASN.1 (X.690 section 8.1). */
function der(type: number, value: Buffer): Buffer {
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([type, ...size]), value])
}

const sequence = (...members: readonly Buffer[]) => der(0x30, Buffer.concat(members))

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))

const extension = (id: string, value: Buffer) => sequence(oid(id), der(0x04, value))

/** UTCTime, which holds until 2049. */
const time = (milliseconds: number) =>
  der(0x17, Buffer.from(`${new Date(milliseconds).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`))

const alternativeName = (name: string) =>
  isIP(name.replace(/[[\]]/g, '')) === 0
    ? der(0x82, Buffer.from(name))
    : der(0x87, bytesOf(name.replace(/[[\]]/g, '')))

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = [], tail = []] = address.split('::').map(part => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - head.length - tail.length).fill('')
  return Buffer.from([...head, ...zeros, ...tail].map(group => group.padStart(4, '0')).join(''), 'hex')
}
