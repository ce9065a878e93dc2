export const issuer = 'eu-west-1_AbCdEf123'

/** A message of a follower. */
export type FollowerMessage =
  | { type: 'ready'; milliseconds: number; entries: number; bytes: number }
  | { type: 'seen'; probe: number; at: number }
  | { type: 'verdicts'; revoked: string[]; takenBack: number }

/** Milliseconds of the clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export const sessions = 2_000
