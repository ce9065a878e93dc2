interface BuiltinModules {
  readonly 'node:buffer': typeof import('node:buffer')
  readonly 'node:crypto': typeof import('node:crypto')
  readonly 'node:diagnostics_channel': Pick<typeof import('node:diagnostics_channel'), 'channel'> &
    Partial<Pick<typeof import('node:diagnostics_channel'), 'tracingChannel'>>
  readonly 'node:http': typeof import('node:http')
  readonly 'node:https': typeof import('node:http')
}

/**
 * Returns a module of Node.js, without an import that would fail elsewhere; `undefined` on a runtime without it.
 * Next.js' edge runtime has the function that asks for one, and it throws.
 */
export function builtinModule<N extends keyof BuiltinModules>(name: N): BuiltinModules[N] | undefined {
  try {
    return 'EdgeRuntime' in globalThis
      ? undefined
      : (globalThis.process?.getBuiltinModule?.(name) as BuiltinModules[N] | undefined)
  } catch {
    return undefined
  }
}

/**
 * In the edge sandbox of Next.js `Object` and `Array` are proxies: to look up one of their functions takes longer there than to call it. They are
 * looked up once.
 */
export const { freeze, hasOwn } = Object
export const { isArray } = Array
