import { cluster } from './cluster.js'
import { sentinel } from './sentinel.js'
import { standalone } from './standalone.js'

/** The shapes that a list's servers can have. */
export const deployments = { standalone, cluster, sentinel }

export type Shape = keyof typeof deployments
