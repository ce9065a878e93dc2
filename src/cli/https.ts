import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { type Certificate, selfSigned } from '../devtools/local/certificate.js'
import { usageError } from './io.js'

/** The flags of TLS, for `parseArgs`. */
export const httpsFlags = {
  https: { type: 'boolean' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'write-cert': { type: 'string' },
} as const

type Values = { readonly [K in keyof typeof httpsFlags]?: string | boolean | undefined }

/**
 * Resolves to the certificate of the flags, `undefined` for plain HTTP.
 *
 * @param names the host names and addresses that one that is made is for
 * @throws UsageError
 */
export async function readHttps(values: Values, names: readonly string[]): Promise<Certificate | undefined> {
  const { 'tls-cert': certFile, 'tls-key': keyFile, 'write-cert': target } = values
  if ((certFile === undefined) !== (keyFile === undefined))
    throw usageError('--tls-cert and --tls-key go together')
  if (certFile === undefined && !values.https) {
    if (target !== undefined) throw usageError('--write-cert needs --https')
    return undefined
  }
  const tls =
    certFile === undefined
      ? selfSigned(['localhost', '127.0.0.1', '::1', ...names], Date.now())
      : { cert: await read('--tls-cert', certFile), key: await read('--tls-key', keyFile) }
  try {
    createSecureContext(tls)
  } catch (error) {
    throw usageError(`--tls-cert and --tls-key are no certificate and its key: ${(error as Error).message}`)
  }
  if (target !== undefined)
    await writeFile(String(target), tls.cert).catch((error: Error) => {
      throw usageError(`--write-cert: ${error.message}`)
    })
  return tls
}

/** How to trust a certificate that was made. */
export function trust({ 'tls-cert': given, 'write-cert': file }: Values, { cert }: Certificate): string {
  const { fingerprint256 } = new X509Certificate(cert)
  const how =
    file === undefined
      ? 'add --write-cert local.pem, and start Node.js with NODE_EXTRA_CA_CERTS=local.pem'
      : `start Node.js with NODE_EXTRA_CA_CERTS=${String(file)}`
  return `  SHA-256    ${fingerprint256}\n${given === undefined ? `  trust it   in a browser open the page once, and accept it; for APIs ${how}\n` : ''}`
}

const read = (flag: string, file: unknown) =>
  readFile(String(file), 'utf8').catch((error: Error) => {
    throw usageError(`${flag}: ${error.message}`)
  })

/** Their part of the help. */
export const httpsHelp = `
Over TLS, as Amplify's signInWithRedirect requires it:
  --https               with a certificate that is made at each start
  --tls-cert <file>     with this certificate, in PEM
  --tls-key <file>      and its private key
  --write-cert <file>   write the certificate there, for NODE_EXTRA_CA_CERTS
`
