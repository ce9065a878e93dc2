import { type Call, fault, invalid, type Operations } from '../aws.js'

/** The same calls, which refuse what the API reference does not allow in a member of their input. */
export const validated = (operations: Operations): Operations =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      (local, call) => {
        checkMembers(call.input)
        return operation(local, call)
      },
    ]),
  )

function checkMembers(input: Call['input']): void {
  for (const [name, { pattern, most }] of Object.entries(texts)) {
    const value = input[name] ?? undefined
    if (value === undefined) continue
    if (typeof value !== 'string') throw fault('SerializationException', `${name} is not a string.`)
    if (value.length > most) throw invalid(name, `have length less than or equal to ${most}`)
    if (value !== '' && !new RegExp(`^(?:${pattern})$`, 'su').test(value))
      throw invalid(name, `satisfy regular expression pattern: ${pattern}`)
  }
  for (const [name, most] of Object.entries(numbers)) {
    const value = input[name] ?? 0
    if (!Number.isInteger(value)) throw fault('SerializationException', `${name} is not a whole number.`)
    if ((value as number) < 0) throw invalid(name, 'have value greater than or equal to 0')
    if ((value as number) > most) throw invalid(name, `have value less than or equal to ${most}`)
  }
}

const aName = { pattern: String.raw`[\p{L}\p{M}\p{S}\p{N}\p{P}]+`, most: 128 }
const aPassword = { pattern: String.raw`[\S]+.*[\S]+`, most: 256 }
const aCode = { pattern: String.raw`[\S]+`, most: 2048 }
const aToken = { pattern: String.raw`[A-Za-z0-9-_=.]+`, most: 32_768 }

/** Members that mean the same in every call, with their patterns and lengths (Amazon Cognito user pools API reference). */
const texts: Readonly<Record<string, { readonly pattern: string; readonly most: number }>> = {
  AccessToken: aToken,
  ClientId: { pattern: String.raw`[\w+]+`, most: 128 },
  ClientName: { pattern: String.raw`[\w\s+=,.@-]+`, most: 128 },
  Code: aCode,
  ConfirmationCode: aCode,
  Filter: { pattern: '.*', most: 256 },
  GroupName: aName,
  Password: aPassword,
  PreviousPassword: aPassword,
  ProposedPassword: aPassword,
  TemporaryPassword: { pattern: String.raw`[\S]+`, most: 256 },
  Username: aName,
  UserPoolId: { pattern: String.raw`[\w-]+_[0-9a-zA-Z]+`, most: 55 },
}

const numbers: Readonly<Record<string, number>> = { Limit: 60, MaxResults: 60 }
