/** Returns how to fix that a word came in place of a token, or its scheme twice; `undefined` for anything else. */
export function standInFix(sent: string): string | undefined {
  const [schemes] = /^\s*(?:bearer(?:\s+|$))*/i.exec(sent) as RegExpExecArray
  const text = sent
    .slice(schemes.length)
    .trim()
    .replace(/^(["'`])(.*)\1$/s, '$2')
  if (text === '' && schemes.trim() !== '') return schemeOnly
  const fix = standIns.find(([pattern]) => pattern.test(text))?.[1]
  return fix?.replace('$:', `${text}:`) ?? (/bearer\s+bearer\s/i.test(schemes) ? schemeTwice : undefined)
}

const schemeOnly =
  'Nothing follows the word Bearer: the app has no token yet, or the variable that it takes it from is not set.'

const schemeTwice =
  'The word Bearer is there twice: leave away the one that the app adds, or the one that is in its variable already.'

/** The first that matches counts. Only words of a closed set are repeated: what else came may be a secret. */
const standIns: readonly (readonly [pattern: RegExp, fix: string])[] = [
  [
    /^(?:undefined|null|\(null\)|None|nil|NaN|true|false)$/,
    'The app sent the word $: it has no token yet; let it wait until the sign-in is done, and look at the name that it reads the token from.',
  ],
  [
    /^\[object Promise\]$/,
    'A Promise was turned into text: await it, and send the text of the access token that it resolves to.',
  ],
  [
    /^(?:\[object \w+\],?)+$/,
    'An object was turned into text: send the text of its access token. Amplify: (await fetchAuthSession()).tokens.accessToken.toString().',
  ],
  [
    /^(?:\$\w+|\$env:\w+|\$\{\{?[^{}]*\}?\}|\$\([^()]*\)|%\w+%|!\w+!)$/i,
    'The shell variable was not expanded: put the header in double quotes, and write $NAME in a POSIX shell, $env:NAME in PowerShell, %NAME% in cmd.exe.',
  ],
  [
    /^(?:<[^<>]+>|\{\{?[^{}"]+\}\}?|\[[\w -]+\]|\.{3}|…|(?:your|my|the)?[-_ ]?(?:access|id|jwt)?[-_ ]?(?:token|jwt)(?:[-_ ]here)?)$/i,
    'This is a placeholder: put the access token in its place.',
  ],
]
