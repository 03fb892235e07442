// Loaded at first use: by then the session has been requested, and the server opens it meanwhile.
const crypto = () => process.getBuiltinModule("node:crypto");

/** SHA-256 of a text (in UTF-8) or of a file's content, in hexadecimal or base64url. */
export function sha256(content: string | Buffer, encoding: "hex" | "base64url" = "hex"): string {
  return crypto().createHash("sha256").update(content).digest(encoding);
}

/** A random UUID. */
export function uniqueId(): string {
  return crypto().randomUUID();
}
