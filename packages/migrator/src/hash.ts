// Loaded at first use: by then the session has been requested, and the server opens it meanwhile.
const crypto = () => process.getBuiltinModule("node:crypto");

/** SHA-256 of a text (in UTF-8) or of a file's content, in hexadecimal or base64url. */
export function sha256(content: string | Buffer, encoding: "hex" | "base64url" = "hex"): string {
  return crypto().createHash("sha256").update(content).digest(encoding);
}

/** HMAC-SHA-256 of a text (in UTF-8), in hexadecimal. */
export function hmacSha256(key: string, text: string): string {
  return crypto().createHmac("sha256", key).update(text).digest("hex");
}

/** A random UUID. */
export function uniqueId(): string {
  return crypto().randomUUID();
}
