// Loaded at the first use: until then the server has been asked for a session, and makes it meanwhile.
const crypto = () => process.getBuiltinModule("node:crypto");

/** SHA-256 of a text or a file's content. */
export function sha256(content: string | Buffer, encoding: "hex" | "base64url" = "hex"): string {
  return crypto().createHash("sha256").update(content).digest(encoding);
}

/** An identifier that nobody else has. */
export function uniqueId(): string {
  return crypto().randomUUID();
}
