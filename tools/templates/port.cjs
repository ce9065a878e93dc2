// Preloaded where the README's lines run: their port may be in use here, so that the system chooses another, and it is printed.
const { Server } = require('node:net')

const { listen } = Server.prototype
Server.prototype.listen = function (port, ...rest) {
  if (port !== 3000) return listen.call(this, port, ...rest)
  this.once('listening', () => console.log(`README: http://127.0.0.1:${this.address().port}`))
  return listen.call(this, 0, ...rest)
}
