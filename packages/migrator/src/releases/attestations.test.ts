import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { concerns, readAttestations } from "./attestations.ts";

const [satisfies, isRange] = [() => true, (range: string) => range !== "none"];
const release = { package: "@shop/models", version: "1.0.0" };

async function read(comment: string) {
  const file = path.join(await mkdtemp(path.join(tmpdir(), "attestations-")), "Migration1_a.ts");
  await writeFile(file, `${comment}\nexport class Migration1_a {}\n`);
  return readAttestations({ name: "Migration1_a", path: file }, isRange);
}

it.each([
  ["items.note", "public.items", "note"],
  ["public.items.note", "public.items", "note"],
  ["items", "public.items", null],
  [`"order".Unit Price`, 'public."order"', "Unit Price"],
  [`order."Unit Price"`, 'public."order"', "Unit Price"],
  ["app.items.note", "app.items", "note"],
])("%s is about %s, %s", async (subject, table, column) => {
  for (const comment of [
    `// @tolerates @shop/models@1 ${subject}: why`,
    `/* @tolerates @shop/models@1 ${subject}: why */`,
  ]) {
    const [attestation, ...more] = await read(comment);
    expect(more).toEqual([]);
    expect(attestation).toMatchObject({ migration: "Migration1_a", range: "1", reason: "why" });
    const isAbout = (name: string | null, of = table) =>
      attestation !== undefined && concerns(attestation, { table: of, column: name }, release, satisfies);
    expect(isAbout(column)).toBe(true);
    expect([isAbout("other"), isAbout(column, "app.tags")]).toEqual([false, false]);
  }
});

it.each([
  "@shop/models@1 items.note",
  "@shop/models items: why",
  "@shop/models@none items: why",
  "@shop/models@1 items:",
])("refuses what says too little: %s", async (text) => {
  await expect(read(`// @tolerates ${text}`)).rejects.toThrow("says too little");
});
