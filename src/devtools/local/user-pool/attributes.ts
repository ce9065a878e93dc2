/** Whether a user pool has an attribute of this name: a standard one, or a custom one (Working with user attributes, Amazon Cognito Developer Guide). */
export const isAttribute = (name: string): boolean =>
  standardAttributes.has(name) || /^custom:\S{1,20}$/.test(name)

const standardAttributes: ReadonlySet<string> = new Set([
  'address',
  'birthdate',
  'email',
  'email_verified',
  'family_name',
  'gender',
  'given_name',
  'locale',
  'middle_name',
  'name',
  'nickname',
  'phone_number',
  'phone_number_verified',
  'picture',
  'preferred_username',
  'profile',
  'updated_at',
  'website',
  'zoneinfo',
])
