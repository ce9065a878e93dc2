import { cluster } from './cluster.js'
import { sentinel } from './sentinel.js'
import { standalone } from './standalone.js'

/** The supported deployments. */
export const deployments = { standalone, cluster, sentinel }

export type Shape = keyof typeof deployments
