import { createHash } from 'node:crypto'
import { type Call, fault, type Operations, required } from '../aws.js'
import type { Local } from '../local.js'
import { checkAdmin, userOf } from './administrators.js'
import { sessionOfToken } from './own-tokens.js'
import type { Session } from './sessions.js'
import type { LocalUser } from './users.js'

/** The calls that list and end sessions one by one, where the configuration turns them on (Managing user sessions, Amazon Cognito Developer Guide). */
export const sessionOperations: Operations = {
  async ListUserSessions(local, { input }) {
    checkTracking(local)
    const own = await sessionOfToken(local, required(input, 'AccessToken'))
    return { Sessions: describe(sessionsOf(local, own.user), own) }
  },

  AdminListUserSessions(local, call) {
    checkAdmin(local, call)
    checkTracking(local)
    return { Sessions: describe(sessionsOf(local, userOf(local, call.input))) }
  },

  async RevokeUserSession(local, { input }) {
    checkTracking(local)
    const own = await sessionOfToken(local, required(input, 'AccessToken'))
    if (input.SessionId === nameOf('tkn', own.id))
      throw fault('InvalidParameterException', 'The session of the access token cannot be revoked.')
    return revoke(local, own.user, input)
  },

  AdminRevokeUserSession(local, call) {
    checkAdmin(local, call)
    checkTracking(local)
    return revoke(local, userOf(local, call.input), call.input)
  },
}

/** The sessions of an app, and those of a browser with managed login. */
function sessionsOf(local: Local, user: LocalUser) {
  const tokens = local.sessions.all().filter(session => session.user === user && !session.isRevoked)
  const browsers = local.sessions.browsers().filter(([, browser]) => browser.user === user)
  return [
    ...tokens.map(session => ({
      type: 'TOKEN' as const,
      id: nameOf('tkn', session.id),
      session,
      clientId: session.clientId,
      signedInAt: session.signedInAt,
      activeAt: session.activeAt,
      origin: session.browserId && nameOf('sso', session.browserId),
      end() {
        session.isRevoked = true
      },
    })),
    ...browsers.map(([cookie, { id, signedInAt }]) => {
      const through = tokens.filter(({ browserId }) => browserId === id)
      return {
        type: 'SSO' as const,
        id: nameOf('sso', id),
        session: undefined,
        clientId: through[0]?.clientId,
        signedInAt,
        activeAt: Math.max(signedInAt, ...through.map(({ activeAt }) => activeAt)),
        origin: undefined,
        end: () => local.sessions.forget(cookie),
      }
    }),
  ]
}

const describe = (sessions: ReturnType<typeof sessionsOf>, own?: Session) =>
  sessions.map(({ type, id, session, clientId, signedInAt, activeAt, origin }) => ({
    SessionId: id,
    SessionType: type,
    ClientId: clientId,
    CreateDate: signedInAt,
    LastActiveDate: activeAt,
    DeviceType: 'unknown',
    LastIPAddress: '127.0.0.1',
    OriginSessionId: origin,
    IsCurrentSession: own !== undefined && session === own,
  }))

/** Ends a session, and with `LINKED` those that it came through, or that came through it. */
function revoke(local: Local, user: LocalUser, input: Call['input']): object {
  const id = required(input, 'SessionId')
  const all = sessionsOf(local, user)
  const target = all.find(session => session.id === id)
  if (!target) throw fault('ResourceNotFoundException', 'Session not found.')
  const linked = all.filter(({ id: each, origin }) => each === target.origin || origin === id)
  for (const { end } of [target, ...(input.RevokeAssociatedSessions === 'LINKED' ? linked : [])]) end()
  return {}
}

function checkTracking({ config }: Local): void {
  if (!config.userSessionTracking)
    throw fault('OperationNotEnabledException', 'User session tracking is not enabled for the user pool.')
}

/** 28 lower-case letters and digits. */
const nameOf = (prefix: 'tkn' | 'sso', id: string) =>
  `${prefix}${createHash('sha256').update(id).digest('hex').slice(0, 25)}`
