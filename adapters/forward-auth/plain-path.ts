/**
 * Whether everybody reads the path of a URL alike: nothing in it changes by normalisation (RFC 3986 section 6.2.2), by decoding, or by
 * decoding twice. Proxies hand over the path as it was sent, and route by a normalised one; backends dispatch by yet another. What differs between
 * them is refused, never normalised: nobody knows by whose rules.
 *
 * @param url path and query
 */
export function isPlain(url: string): boolean {
  const [path = '', ...query] = url.split('?')
  return plainPath.test(path) && printable.test(query.join('?')) && isPlainText(path)
}

/** Encoded text beyond ASCII: it must be UTF-8, and no other spelling of something else, such as a full-width slash. */
function isPlainText(path: string): boolean {
  if (!/%[89A-F]/.test(path)) return true
  try {
    const text = decodeURIComponent(path)
    return text.normalize('NFKC') === text
  } catch {
    return false
  }
}

/**
 * RFC 3986 section 3.3, without empty and dot segments and without `;`, which starts a parameter for some and is part of the name for others.
 * Of what is percent-encoded: no unreserved and no control character, none of `# / ; ? \`, and `%` only where no second decoding follows.
 */
const plainPath =
  /^(?=\/)(?:\/(?!\.{1,2}(?:\/|$))(?:[\w.~!$&'()*+,=:@-]|%(?:2[0-246-9A-C]|25(?![0-9A-Fa-f]{2})|3[AC-E]|40|5[BDE]|60|7[BCD]|[89A-F][0-9A-F]))+)*\/?$/

/** No `#`: where a fragment is sent, some cut it off. */
const printable = /^[\x21\x22\x24-\x7e]*$/
