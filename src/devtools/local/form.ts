/** A field of a form or a query, empty when it is not there. */
export const field = (form: URLSearchParams | undefined, name: string): string => form?.get(name) ?? ''
