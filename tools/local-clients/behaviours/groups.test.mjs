// Groups: 10 behaviours.
import assert from 'node:assert/strict'
import {
  AdminAddUserToGroupCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  CreateGroupCommand,
  DeleteGroupCommand,
  GetGroupCommand,
  ListGroupsCommand,
  ListUsersInGroupCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { claimsOf, newName } from '../dev.mjs'
import { checks } from '../excused.mjs'
import { dev, fails, send, UserPoolId } from './pool.mjs'

const { check, end } = checks({})
const add = (Username, GroupName) => new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName })
const groupsIn = async username => claimsOf((await dev.signIn(username)).AccessToken)['cognito:groups']

check('AdminAddUserToGroup, and again', async () => {
  const username = await dev.newUser()
  await send(add(username, 'readers'))
  await send(add(username, 'readers'))
  assert.deepEqual(await groupsIn(username), ['readers'])
})
check('AdminRemoveUserFromGroup', async () => {
  const Username = await dev.newUser()
  await send(add(Username, 'readers'))
  await send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName: 'readers' }))
  assert.equal(await groupsIn(Username), undefined)
})
check('AdminAddUserToGroup: ResourceNotFoundException', () =>
  fails(add('alice', 'nobodies'), 'ResourceNotFoundException', /^Group not found\.$/),
)
check('AdminAddUserToGroup: UserNotFoundException', () =>
  fails(add(newName(), 'readers'), 'UserNotFoundException', /^User does not exist\.$/),
)
check('CreateGroup, and GroupExistsException', async () => {
  const GroupName = newName()
  const input = { UserPoolId, GroupName, Description: 'new', Precedence: 7, RoleArn: roleArn }
  const { Group } = await send(new CreateGroupCommand(input))
  assert.deepEqual(
    [Group.GroupName, Group.UserPoolId, Group.Description, Group.Precedence, Group.RoleArn],
    [GroupName, UserPoolId, 'new', 7, roleArn],
  )
  assert.ok(Group.CreationDate instanceof Date && Group.LastModifiedDate instanceof Date)
  await fails(
    new CreateGroupCommand({ UserPoolId, GroupName }),
    'GroupExistsException',
    /^A group with the name already exists\.$/,
  )
})
check('GetGroup', async () => {
  const { Group } = await send(new GetGroupCommand({ UserPoolId, GroupName: 'admin' }))
  assert.deepEqual([Group.GroupName, Group.Precedence], ['admin', 1])
  await fails(
    new GetGroupCommand({ UserPoolId, GroupName: 'nobodies' }),
    'ResourceNotFoundException',
    /^Group not found\.$/,
  )
})
check('ListGroups, a page at a time', async () => {
  const found = []
  let NextToken
  do {
    const page = await send(new ListGroupsCommand({ UserPoolId, Limit: 1, NextToken }))
    assert.ok(page.Groups.length <= 1)
    found.push(...page.Groups.map(({ GroupName }) => GroupName))
    NextToken = page.NextToken
  } while (NextToken)
  assert.ok(found.includes('admin') && found.includes('readers'))
})
check('UpdateGroup and DeleteGroup', async () => {
  const GroupName = newName()
  const username = await dev.newUser()
  await send(new CreateGroupCommand({ UserPoolId, GroupName }))
  await send(add(username, GroupName))
  const { Group } = await send(new UpdateGroupCommand({ UserPoolId, GroupName, Precedence: 3 }))
  assert.equal(Group.Precedence, 3)
  await send(new DeleteGroupCommand({ UserPoolId, GroupName }))
  await fails(new GetGroupCommand({ UserPoolId, GroupName }), 'ResourceNotFoundException')
  assert.equal(await groupsIn(username), undefined)
})
check('AdminListGroupsForUser', async () => {
  const { Groups } = await send(new AdminListGroupsForUserCommand({ UserPoolId, Username: 'alice' }))
  assert.deepEqual(Groups.map(({ GroupName }) => GroupName).toSorted(), ['admin', 'readers'])
  await fails(new AdminListGroupsForUserCommand({ UserPoolId, Username: newName() }), 'UserNotFoundException')
})
check('ListUsersInGroup', async () => {
  const { Users } = await send(new ListUsersInGroupCommand({ UserPoolId, GroupName: 'admin' }))
  assert.deepEqual(
    Users.map(({ Username, UserStatus, Enabled }) => [Username, UserStatus, Enabled]),
    [['alice', 'CONFIRMED', true]],
  )
  await fails(new ListUsersInGroupCommand({ UserPoolId, GroupName: 'nobodies' }), 'ResourceNotFoundException')
})
end()

const roleArn = 'arn:aws:iam::000000000000:role/new'
