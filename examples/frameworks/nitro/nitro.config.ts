import type { NitroConfig } from 'nitro/types'

export default { compatibilityDate: '2026-01-01' } satisfies NitroConfig
