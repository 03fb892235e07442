import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startApi, type TestApi } from "./support.ts";

let api: TestApi;
let administrator: Person;
let organizationId: string;
beforeAll(async () => {
  api = await startApi();
  administrator = await api.administrator();
  organizationId = await api.organization("owner");
});
afterAll(async () => await api.close());

const call = async (method: string, url: string, body?: unknown) =>
  await api.call(method, url, { as: administrator, body });

/** An object whose JSON has this many bytes, mostly two-byte letters; the number must be even and above 17. */
const ofBytes = (bytes: number) => ({ text: `${"é".repeat((bytes - 18) / 2)}e`, a: 1 });

const columns = [
  {
    url: "/v1/data-sources",
    table: "data_sources",
    field: "config",
    create: () => ({ organizationId, name: "x", type: "web" }),
  },
  ...["settings", "metadata"].map((field) => ({
    url: "/v1/organizations",
    table: "organizations",
    field,
    create: () => ({ name: "x", slug: `s-${crypto.randomUUID()}` }),
  })),
];

describe.each(columns)("$field in $url", ({ url, table, field, create }) => {
  test("takes 64 KiB of JSON and no byte more, when a row is made and when it is changed", async () => {
    const most = ofBytes(64 * 1024);
    expect(Buffer.byteLength(JSON.stringify(most))).toBe(64 * 1024);
    const made = await call("POST", url, { ...create(), [field]: most });
    expect([made.statusCode, made.json()[field]]).toEqual([201, most]);
    const { total } = (await call("GET", url)).json();
    for (const answer of [
      await call("POST", url, { ...create(), [field]: { ...most, a: 10 } }),
      await call("PATCH", `${url}/${made.json().id}`, { [field]: { ...most, a: 10 } }),
    ]) {
      expect([answer.statusCode, answer.json().errors]).toMatchObject([422, [{ pointer: `#/${field}` }]]);
      expect(answer.json().detail).toBe(`${field} has 65537 bytes of JSON: it takes at most 65536`);
    }
    expect((await call("GET", url)).json().total).toBe(total);
    expect((await call("GET", `${url}/${made.json().id}`)).json()).toEqual(made.json());
  });

  test("is not in lists, so that no row from before makes them big", async () => {
    const { id } = (await call("POST", url, create())).json();
    await api.sql(`update ${table} set ${field} = json_build_object('text', repeat('x', 1024 * 1024)) where id = $1`, [
      id,
    ]);
    const list = await call("GET", `${url}?limit=100`);
    expect(list.statusCode).toBe(200);
    expect(list.json().items.map((row: { id: string }) => row.id)).toContain(id);
    expect(list.body).not.toContain(`"${field}"`);
    expect(list.body.length).toBeLessThan(64 * 1024);
  });

  test("of a row from before may be bigger: it is read, and changed in everything else", async () => {
    const { id } = (await call("POST", url, create())).json();
    await api.sql(`update ${table} set ${field} = json_build_object('text', repeat('x', 1024 * 1024)) where id = $1`, [
      id,
    ]);
    const big = { text: "x".repeat(1024 * 1024) };
    expect((await call("GET", `${url}/${id}`)).json()[field]).toEqual(big);
    expect((await call("PATCH", `${url}/${id}`, { name: "renamed" })).json()).toMatchObject({
      name: "renamed",
      [field]: big,
    });
    expect((await call("PATCH", `${url}/${id}`, { [field]: {} })).json()[field]).toEqual({});
  });

  test("of a row from before may be nested deeper", async () => {
    const { id } = (await call("POST", url, create())).json();
    const deep = `{"a":${"[".repeat(3000)}${"]".repeat(3000)}}`;
    await api.sql(`update ${table} set ${field} = $2 where id = $1`, [id, deep]);
    const read = await call("GET", `${url}/${id}`);
    expect([read.statusCode, read.body.includes(deep)]).toEqual([200, true]);
    expect((await call("PATCH", `${url}/${id}`, { name: "renamed" })).json().name).toBe("renamed");
  });
});
