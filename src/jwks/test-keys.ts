import type { ImportKey } from '../crypto/import-key.js'
import { canonical } from '../crypto/jwk.js'

/**
 * Returns an import that refuses the keys which `cognito-guard/testing` signs with: their private halves are public.
 *
 * @throws TypeError from the import, for such a key
 */
export const refusingTestKeys =
  (importKey: ImportKey): ImportKey =>
  (source, algorithm) => {
    const { n } = Object(source) as { n?: unknown }
    // Nobody has looked at the text yet: it may be of any length.
    if (typeof n === 'string' && testModulusEndings.has(canonical(n.slice(-45)).slice(-43)))
      throw new TypeError('the key is one for tests')
    return importKey(source, algorithm)
  }

/** The last 256 bits of each modulus, and a few of those before, in base64url: enough to identify a key, without an asynchronous hash. */
const testModulusEndings: ReadonlySet<string> = new Set([
  'Ei67vXd15dU5U9EsUJPljSYPZ4L4Vwgg20lhgyvsnLw',
  'jKiK15LvHBoKxTyOD4MCzUdRtxMw6ZHc-mF9FxaQyiw',
  'HbRlg4a-AU794_09OCU2RPlFM05corrKScpjwz-TiLw',
  'IQj-w9xj9LyNCz9AJKTzKSc1L9ktX2OFDC5vuZ2tt_Q',
  'lR1PnzE2qdlgfl_nAIAwmXNnZBAM36795JXOwSTjL6Q',
  'Be9v5vvQSsHuBii_EseIxUBS6kojBCcQ8BNv_yRTC4Q',
  's_67ySmktFw7_7Ia2iRxflHzsP7deIO_G4Ef3CpndiQ',
  'GLt7WsZ7bu0zf157APnSiAbTjQnsMztV2MQP1MGVF1w',
])
