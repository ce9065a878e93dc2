import { type Call, fault, type Operations, required } from '../aws.js'
import type { Local } from '../local.js'
import { userType } from './administration.js'
import { checkAdmin, namedUser } from './administrators.js'
import { pageOf } from './paging.js'
import type { LocalGroup } from './users.js'

/** The calls of administrators about groups (Amazon Cognito user pools API reference). */
export const groups: Operations = {
  CreateGroup(local, call) {
    checkAdmin(local, call)
    const name = required(call.input, 'GroupName')
    if (local.users.groups.has(name))
      throw fault('GroupExistsException', 'A group with the name already exists.')
    return { Group: groupType(local, changed(local, { name, createdAt: nowOf(local) }, call.input)) }
  },

  GetGroup: (local, call) => ({ Group: groupType(local, groupOf(local, call)) }),

  ListGroups(local, call) {
    checkAdmin(local, call)
    const { items, next } = pageOf([...local.users.groups.values()], call.input, 'Limit', 'NextToken')
    return { Groups: items.map(group => groupType(local, group)), ...next }
  },

  UpdateGroup: (local, call) => ({
    Group: groupType(local, changed(local, groupOf(local, call), call.input)),
  }),

  DeleteGroup(local, call) {
    const { name } = groupOf(local, call)
    local.users.groups.delete(name)
    for (const user of local.users.all()) user.groups = user.groups.filter(group => group !== name)
    return {}
  },

  ListUsersInGroup(local, call) {
    const { name } = groupOf(local, call)
    const all = local.users.all().filter(({ groups }) => groups.includes(name))
    const { items, next } = pageOf(all, call.input, 'Limit', 'NextToken')
    return { Users: items.map(user => userType(user)), ...next }
  },

  AdminListGroupsForUser(local, call) {
    const user = namedUser(local, call)
    const all = [...local.users.groups.values()].filter(({ name }) => user.groups.includes(name))
    const { items, next } = pageOf(all, call.input, 'Limit', 'NextToken')
    return { Groups: items.map(group => groupType(local, group)), ...next }
  },

  AdminAddUserToGroup(local, call) {
    const user = namedUser(local, call)
    user.groups = [...new Set([...user.groups, groupOf(local, call).name])]
    return {}
  },

  AdminRemoveUserFromGroup(local, call) {
    const user = namedUser(local, call)
    const { name } = groupOf(local, call)
    user.groups = user.groups.filter(group => group !== name)
    return {}
  },
}

function groupOf(local: Local, call: Call): LocalGroup {
  checkAdmin(local, call)
  const group = local.users.groups.get(required(call.input, 'GroupName'))
  if (!group) throw fault('ResourceNotFoundException', 'Group not found.')
  return group
}

/** Keeps a group with what a call says of it. */
function changed(
  local: Local,
  group: Omit<LocalGroup, 'modifiedAt'>,
  { Description, Precedence, RoleArn }: Call['input'],
): LocalGroup {
  if (typeof Precedence === 'number' && Precedence < 0)
    throw fault('InvalidParameterException', 'Precedence must not be negative.')
  const next = {
    ...group,
    ...(typeof Description === 'string' && { description: Description }),
    ...(typeof Precedence === 'number' && { precedence: Precedence }),
    ...(typeof RoleArn === 'string' && { role: RoleArn }),
    modifiedAt: nowOf(local),
  }
  local.users.groups.set(next.name, next)
  return next
}

const nowOf = ({ clock }: Local) => Math.floor(clock.now() / 1000)

/** `GroupType`. */
const groupType = ({ config }: Local, group: LocalGroup) => ({
  GroupName: group.name,
  UserPoolId: config.userPoolId,
  Description: group.description,
  RoleArn: group.role,
  Precedence: group.precedence,
  LastModifiedDate: group.modifiedAt,
  CreationDate: group.createdAt,
})
