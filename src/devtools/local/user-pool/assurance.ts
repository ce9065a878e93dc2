import type { Local } from '../local.js'
import { levelOf, type Method } from './methods.js'

/** The claims of a sign-in's level, where the configuration says that tokens have them. */
export const assuranceClaims = ({ config: { acr } }: Local, methods: readonly Method[]) =>
  acr.enabled
    ? {
        // a custom challenge proves something, too
        acr: acr.levels[Math.max(levelOf(methods), 1) - 1],
        amr: methods.includes('pwd') && methods.length > 1 ? [...methods, 'mfa'] : methods,
      }
    : {}

/** The levels that a space-separated list names, in its order. */
export const levelsIn = ({ config: { acr } }: Local, names: string): number[] =>
  names
    .split(' ')
    .map(name => acr.levels.indexOf(name) + 1)
    .filter(level => level > 0)
