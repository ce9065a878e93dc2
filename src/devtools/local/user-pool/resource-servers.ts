import { type Call, fault, listOf, type Operations, required, textOf } from '../aws.js'
import type { Local } from '../local.js'
import type { ResourceServer } from '../types.js'
import { checkAdmin } from './administrators.js'
import { pageOf } from './paging.js'

/** The calls of administrators about resource servers, whose scopes clients request (Amazon Cognito user pools API reference). */
export const resourceServers: Operations = {
  CreateResourceServer(local, call) {
    checkAdmin(local, call)
    required(call.input, 'Name')
    const server = serverFrom(call.input)
    if (local.config.resourceServers.some(({ identifier }) => identifier === server.identifier))
      throw fault('InvalidParameterException', 'The resource server exists already.')
    return kept(local, [...local.config.resourceServers, server], server)
  },

  DescribeResourceServer: (local, call) => ({ ResourceServer: serverType(local, serverOf(local, call)) }),

  ListResourceServers(local, call) {
    checkAdmin(local, call)
    const { items, next } = pageOf(local.config.resourceServers, call.input, 'MaxResults', 'NextToken')
    return { ResourceServers: items.map(server => serverType(local, server)), ...next }
  },

  UpdateResourceServer(local, call) {
    const old = serverOf(local, call)
    const server = serverFrom(call.input)
    return kept(
      local,
      local.config.resourceServers.map(one => (one === old ? server : one)),
      server,
    )
  },

  DeleteResourceServer(local, call) {
    const old = serverOf(local, call)
    kept(
      local,
      local.config.resourceServers.filter(one => one !== old),
      old,
    )
    return {}
  },
}

function serverOf(local: Local, call: Call): ResourceServer {
  checkAdmin(local, call)
  const id = required(call.input, 'Identifier')
  const server = local.config.resourceServers.find(({ identifier }) => identifier === id)
  if (!server) throw fault('ResourceNotFoundException', 'The resource server does not exist.')
  return server
}

function kept(local: Local, resourceServers: readonly ResourceServer[], server: ResourceServer): object {
  Object.assign(local.config, { resourceServers })
  return { ResourceServer: serverType(local, server) }
}

function serverFrom(input: Call['input']): ResourceServer {
  const scopes = listOf(input.Scopes).map(
    ({ ScopeName, ScopeDescription }) => [textOf(ScopeName), textOf(ScopeDescription)] as const,
  )
  const identifier = required(input, 'Identifier')
  return {
    identifier,
    name: textOf(input.Name, identifier),
    scopes: scopes.map(([name]) => name),
    descriptions: Object.fromEntries(scopes),
  }
}

/** `ResourceServerType`. */
const serverType = ({ config }: Local, { identifier, name, scopes, descriptions }: ResourceServer) => ({
  UserPoolId: config.userPoolId,
  Identifier: identifier,
  Name: name ?? identifier,
  Scopes: scopes.map(scope => ({ ScopeName: scope, ScopeDescription: descriptions?.[scope] || scope })),
})
