/** Where a JSON text is wrong. */
export interface TextMistake {
  readonly line: number
  readonly column: number
  readonly problem: string
}

/**
 * Returns the first mistake in a JSON text, also a member that is there twice; `undefined` when there is none. JSON.parse says where only for some
 * mistakes, in words of each engine's own, and takes the last of two members.
 */
export function mistakeIn(text: string): TextMistake | undefined {
  // Over 40 lines: one grammar (RFC 8259), whose rules share the position.
  let at = 0
  let depth = 0

  function value(): void {
    space()
    if (++depth > deepest) fail('is nested too deeply')
    const char = text[at]
    if (char === '{') members()
    else if (char === '[') items()
    else if (char === '"') string()
    else if (!matches(literal)) fail(at === text.length ? 'ends too early' : 'expected a value')
    depth--
    space()
  }

  function members(): void {
    const names = new Set<string>()
    at++
    space()
    if (taken('}')) return
    do {
      space()
      const start = at
      if (text[at] !== '"') fail('expected a name in double quotes')
      const name = string()
      if (names.has(name)) fail(`${name} is there twice`, start)
      names.add(name)
      space()
      if (!taken(':')) fail('expected :')
      value()
    } while (taken(','))
    if (!taken('}')) fail('expected , or }')
  }

  function items(): void {
    at++
    space()
    if (taken(']')) return
    do value()
    while (taken(','))
    if (!taken(']')) fail('expected , or ]')
  }

  function string(): string {
    const start = at
    if (!matches(quoted)) fail('expected a string without line breaks, with its escapes as in JSON')
    return JSON.parse(text.slice(start, at)) as string
  }

  function space(): void {
    matches(blank)
  }

  function taken(char: string): boolean {
    if (text[at] !== char) return false
    at++
    return true
  }

  function matches(pattern: RegExp): boolean {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }

  function fail(problem: string, where = at): never {
    const before = text.slice(0, where).split('\n')
    throw { line: before.length, column: (before.at(-1) as string).length + 1, problem } satisfies TextMistake
  }

  try {
    value()
    if (at < text.length) fail('expected nothing more')
    return undefined
  } catch (mistake) {
    return mistake as TextMistake
  }
}

/** Far more than any configuration, and far less than would exhaust the stack. */
const deepest = 100

const blank = /[\t\n\r ]*/y
const literal = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?/y
const quoted = /"(?:[ !#-[\]-\u{10FFFF}]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/uy
