// Replaces `pg/lib/crypto/utils.js`: the same exports, made with Node's synchronous hashes, loaded at the first login.
const crypto = () => require("node:crypto");

const hashByName = (name, text) => crypto().createHash(name.replace("-", "")).update(Buffer.from(text)).digest();
const md5 = (text) => crypto().createHash("md5").update(text, "utf-8").digest("hex");

module.exports = {
  randomBytes: (length) => crypto().randomBytes(length),
  md5,
  postgresMd5PasswordHash: (user, password, salt) =>
    `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`,
  sha256: (text) => hashByName("sha256", text),
  hashByName,
  hmacSha256: (key, message) => crypto().createHmac("sha256", key).update(message).digest(),
  deriveKey: (password, salt, iterations) => crypto().pbkdf2Sync(password, salt, iterations, 32, "sha256"),
};
