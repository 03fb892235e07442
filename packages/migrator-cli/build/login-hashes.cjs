// What `pg/lib/crypto/utils.js` exports, by Node's synchronous functions.
const { createHash, createHmac, pbkdf2Sync, randomBytes } = require("node:crypto");

const hashByName = (name, text) => createHash(name.replace("-", "")).update(Buffer.from(text)).digest();
const md5 = (text) => createHash("md5").update(text, "utf-8").digest("hex");

module.exports = {
  randomBytes,
  md5,
  postgresMd5PasswordHash: (user, password, salt) =>
    `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`,
  sha256: (text) => hashByName("sha256", text),
  hashByName,
  hmacSha256: (key, message) => createHmac("sha256", key).update(message).digest(),
  deriveKey: (password, salt, iterations) => pbkdf2Sync(password, salt, iterations, 32, "sha256"),
};
