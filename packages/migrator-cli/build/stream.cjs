// What `pg/lib/stream.js` exports where Node runs it.
module.exports = {
  getStream: () => new (require("node:net").Socket)(),
  getSecureStream: (options) => require("node:tls").connect(options),
};
