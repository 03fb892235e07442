import { promises } from "node:fs";

/**
 * Writes a file in one step: a reader sees the old text or the new one, never half of it. Its folder must exist. Throws
 * what the file system refuses.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.tmp`;
  await promises.writeFile(next, text, { flush: true });
  await promises.rename(next, file);
}
