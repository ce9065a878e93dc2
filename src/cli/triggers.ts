import { dirname, resolve } from 'node:path'
import type { parseArgs } from 'node:util'
import {
  type LocalConfig,
  type TriggerConfig,
  type TriggerFunction,
  tokenEventVersions,
  triggerNames,
} from '../devtools/local/types.js'
import { loadFunction } from './functions.js'
import { usageError } from './io.js'

/** The flags of triggers, for `parseArgs`. */
export const triggerFlags = {
  trigger: { type: 'string', multiple: true },
  'trigger-version': { type: 'string' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof triggerFlags }>>['values']

/**
 * Resolves to the configuration with its triggers loaded. Those of flags replace those of the file.
 *
 * @param file that of the configuration, where relative paths in it begin
 * @throws UsageError
 */
export async function withTriggers(
  config: LocalConfig,
  { trigger = [], 'trigger-version': version }: Values,
  file = '',
): Promise<LocalConfig> {
  const chosen = tokenEventVersions.find(each => each === version)
  if (version !== undefined && !chosen)
    throw usageError(`--trigger-version must be one of ${tokenEventVersions.join(', ')}`)
  const functions: Record<string, TriggerFunction> = {}
  for (const name of triggerNames) {
    const given = config.triggers[name]
    if (typeof given === 'string')
      functions[name] = await loadFunction(`--config: triggers: ${name}`, given, resolve(dirname(file)))
  }
  for (const each of trigger) {
    const [name = '', reference = ''] = each.split(/=(.*)/s)
    if (!triggerNames.some(known => known === name))
      throw usageError(`--trigger: ${name} is no trigger; known are ${triggerNames.join(', ')}`)
    functions[name] = await loadFunction('--trigger', reference)
  }
  const triggers: TriggerConfig = {
    ...config.triggers,
    ...functions,
    ...(chosen && { preTokenGenerationVersion: chosen }),
  }
  return { ...config, triggers }
}

/** Their part of the help. */
export const triggerHelp = `
Functions in the place of Lambda triggers:
  --trigger <name>=<file#function>  again for each: ${triggerNames.slice(0, 5).join(', ')},
                                    ${triggerNames.slice(5).join(', ')}
  --trigger-version <version>       of the event of preTokenGeneration: V1_0, V2_0 (default) or V3_0
`
