// Asks for keys on this machine in place of AWS: https://HOST/PATH is http://127.0.0.1:KEYS_PORT/HOST/PATH, and nothing answers at port 1.
import http from 'node:http'
import https from 'node:https'

https.get = (url, { headers }) => {
  const { host, pathname } = new URL(url)
  return http.get(`http://127.0.0.1:${process.env.KEYS_PORT ?? 1}/${host}${pathname}`, { headers })
}
