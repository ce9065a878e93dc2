/** Runs on the page of controls, in the browser. Inserts text as text, never as HTML. */
export const controlScript = `
const by = id => document.getElementById(id)
const said = by('said'), api = by('api'), search = by('search'), list = by('people'), found = by('found')
let timer
function say(text) {
  said.textContent = text
  clearTimeout(timer)
  timer = setTimeout(() => (said.textContent = ''), 4000)
}
async function textOf(button) {
  const { copy, from } = button.dataset
  if (copy === 'text') return by(from).textContent
  const { user } = button.closest('li').dataset
  const response = await fetch('/_local/tokens', { method: 'POST', body: JSON.stringify({ username: user }) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  if (copy === 'id') return answer.idToken
  return copy === 'curl' ? 'curl -H "Authorization: Bearer ' + answer.accessToken + '" ' + api.value : answer.accessToken
}
async function give(button, text) {
  try {
    await navigator.clipboard.writeText(text)
    say('Copied')
  } catch {
    const area = Object.assign(document.createElement('textarea'), { value: text, readOnly: true, rows: 4 })
    area.setAttribute('aria-label', button.textContent)
    button.parentElement.after(area)
    area.select()
    say('The browser does not let it copy: the text is selected')
  }
}
document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]')
  if (button) textOf(button).then(text => give(button, text)).catch(error => say(error.message))
})
api.value = localStorage.api || api.value
api.onchange = () => (localStorage.api = api.value)
function show(most) {
  const wanted = search.value.toLowerCase()
  const rows = [...list.children]
  const fitting = rows.filter(row => row.firstElementChild.textContent.toLowerCase().includes(wanted))
  for (const row of rows) row.hidden = fitting.indexOf(row) >= most || !fitting.includes(row)
  found.textContent = fitting.length === 0 ? 'Nobody.' : fitting.length > most ? fitting.length - most + ' more: search, or ' : ''
  if (fitting.length > most) {
    const all = Object.assign(document.createElement('button'), { textContent: 'show all', onclick: () => show(Infinity) })
    found.append(all)
  }
}
if (search) {
  search.oninput = () => show(8)
  show(8)
}
const rows = by('decisions')
new EventSource('/_local/decisions').onmessage = ({ data }) => {
  const { method, path, status, reason, hint } = JSON.parse(data)
  const row = document.createElement('li')
  const cell = (tag, text, name) => row.append(Object.assign(document.createElement(tag), { textContent: text, className: name }))
  cell('code', method + ' ' + path, '')
  cell('b', status + ' ' + reason, status === 200 ? 'good' : 'bad')
  cell('span', hint, '')
  rows.prepend(row)
  by('none').hidden = true
}
`
