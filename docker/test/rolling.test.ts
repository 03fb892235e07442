import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addFailing, makeRelease } from "./authoring.ts";
import { describeFigures, type Figures, type Load, startLoad } from "./load.ts";
import { copyStack, docker, hasDocker, runIn, type Stack } from "./stack.ts";

const isThere = hasDocker();
const email = "ada@example.com";
const password = "correct horse battery";

it("finds a Docker engine where one is required", () => {
  expect(isThere || process.env["REQUIRE_DOCKER"] !== "1").toBe(true);
});

// The tests share one copy and its images, and each depends on the one before. Its branches are releases: v1 is what
// is here, v2 and v3 each add two columns and drop one that the release before maps.
describe.skipIf(!isThere)("releases", { concurrent: false }, () => {
  let stack: Stack;
  let load: Load | undefined;

  beforeAll(async () => {
    stack = await copyStack();
    await git("init", "--quiet");
    await commit("v1");
    await addFailing(stack, "fail_on_rows", email);
    await commit("broken");
    await checkOut("v1");
    await makeRelease(stack, {
      version: "0.2.0",
      before: "0.1.0",
      adds: "note",
      drops: "nextRunAt: p.datetime()",
    });
    await commit("v2");
    await makeRelease(stack, { version: "0.3.0", before: "0.2.0", adds: "remark", drops: "note: p.text()" });
    await commit("v3");
    await checkOut("v1");
  });

  afterAll(async () => {
    await load?.stop();
    await stack?.compose([...rolling, "down", "--volumes", "--timeout", "5"]);
    await stack?.remove();
  });

  const git = async (...parameters: readonly string[]) => {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    const { code, stderr } = await runIn(stack, "git", [...who, ...parameters]);
    if (code !== 0) throw new Error(`git ${parameters.join(" ")}: ${stderr}`);
  };
  const commit = async (branch: string) => {
    await git("checkout", "--quiet", "-b", branch);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", branch);
  };
  const checkOut = async (branch: string) => await git("checkout", "--quiet", branch);

  const rolling = ["-f", "docker-compose.yml", "-f", "docker/compose.rolling.yml"];
  const upgrade = async (...parameters: readonly string[]) => await runIn(stack, "docker/upgrade.sh", parameters);
  const readiness = async () => (await stack.ask("/readyz").catch(() => undefined))?.status;
  const up = async () => {
    await stack.must(["up", "--detach"]);
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
  };
  const versions = async () => {
    const found = (await stack.must([...rolling, "ps", "--quiet", "api"])).trim().split("\n");
    const read = `process.stdout.write(require("/app/packages/models/package.json").version)`;
    return await Promise.all(found.map(async (one) => await docker("exec", one, "node", "-e", read)));
  };
  const status = async () =>
    JSON.parse(await stack.must([...rolling, "run", "--rm", "-T", "migrate", "status", "--json"])) as {
      readonly state: string;
      readonly head: string;
      readonly held: readonly { readonly name: string }[];
      readonly pending: readonly { readonly name: string }[];
    };
  const columns = async () =>
    (
      await stack.sql(
        "thedata_owner",
        "select column_name from information_schema.columns where table_name = 'pipelines' order by 1",
      )
    ).stdout.split("\n");

  /** Reads of three tables, one of which each release alters, and a write, by the first administrator. */
  const begin = async () => {
    await stack.must(["exec", "-T", "api", "node", "apps/api/dist/create-admin.js", "--email", email], `${password}\n`);
    return await logIn();
  };
  const logIn = async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ email, password });
    const session = await stack.ask("/v1/sessions", { method: "POST", headers, body });
    const { token } = (await session.json()) as { readonly token: string };
    return { ...headers, authorization: `Bearer ${token}` };
  };
  const underLoad = async (work: () => Promise<unknown>, name: string): Promise<Figures> => {
    const headers = await logIn();
    let count = 0;
    const write = () => {
      const body = JSON.stringify({ name, slug: `${name.replaceAll(/\W+/g, "-")}-${count++}` });
      return ["/v1/organizations", { method: "POST", headers, body }] as const;
    };
    const reads = ["users", "data-sources", "organizations"].map(
      (one) => () => [`/v1/${one}?limit=1`, { headers }] as const,
    );
    load = startLoad(stack.ask, [...reads, write]);
    try {
      await work();
    } finally {
      // What happens to the last one of before shows a moment later.
      await sleep(1000);
    }
    const figures = await load.stop();
    console.log(`${name}: ${describeFigures(figures)}`);
    return figures;
  };
  const flawless = { failures: [], secondsUnready: 0 };

  describe("docker compose up", () => {
    it("leaves the API as it is where a migration fails, and says with which exit code", async () => {
      await up();
      await begin();
      const before = await stack.must(["ps", "--quiet", "api"]);
      await checkOut("broken");
      const figures = await underLoad(async () => {
        const { code, stderr } = await stack.compose(["up", "--detach"]);
        expect(code).not.toBe(0);
        expect(stderr).toContain(`service "migrate" didn't complete successfully: exit 5`);
        expect(await stack.must(["logs", "migrate"])).toContain("division by zero");
      }, "a gate that fails, docker compose up");
      expect(figures).toMatchObject(flawless);
      expect(figures.perSecond).toBeGreaterThan(50);
      expect(await stack.must(["ps", "--quiet", "api"])).toBe(before);
    });

    it("replaces the API after the migrations that it can work with, and holds the others back", async () => {
      await checkOut("v2");
      const figures = await underLoad(async () => {
        await up();
      }, "an upgrade, docker compose up");
      expect(await versions()).toEqual(["0.2.0"]);
      expect(await status()).toMatchObject({
        state: "behind",
        held: [{ name: expect.stringContaining("drop_for_0_2_0") }],
      });
      // One container ends before the other one starts; not also the migrations in between.
      expect(figures.secondsUnready).toBeLessThan(15);
    });

    it("starts an older checkout on the newer database, where it works", async () => {
      await checkOut("v1");
      await up();
      expect(await versions()).toEqual(["0.1.0"]);
      expect(await status()).toMatchObject({ state: "ahead" });
      expect(await stack.must(["logs", "migrate"])).toMatch(
        /ahead of this build by 2 migrations, and this build works/,
      );
      await stack.must(["down", "--volumes"]);
    });
  });

  describe("docker/upgrade.sh", () => {
    it("starts the stack where none runs", async () => {
      expect(await upgrade()).toMatchObject({ code: 0 });
      await expect.poll(readiness, { timeout: 10_000 }).toBe(200);
      await begin();
    });

    it("ends with the gate's exit code where a migration fails, and the old API serves on", async () => {
      await checkOut("broken");
      const figures = await underLoad(async () => {
        const { code, stdout, stderr } = await upgrade();
        expect(code).toBe(5);
        expect(stdout + stderr).toContain("division by zero");
      }, "a gate that fails");
      expect(figures).toMatchObject(flawless);
      expect(await versions()).toEqual(["0.1.0"]);
    });

    it("upgrades without a failed request, holds a drop back, and applies it after the old release", async () => {
      await checkOut("v2");
      const figures = await underLoad(async () => {
        expect(await upgrade()).toMatchObject({ code: 0 });
        expect(await columns()).toEqual(expect.arrayContaining(["note", "next_run_at"]));
        expect(await upgrade("--retire", "0.1.0")).toMatchObject({ code: 0 });
      }, "an upgrade");
      expect(figures).toMatchObject(flawless);
      expect(figures.perSecond).toBeGreaterThan(50);
      expect(await versions()).toEqual(["0.2.0"]);
      expect(await columns()).not.toContain("next_run_at");
      expect(await status()).toMatchObject({ state: "current", pending: [] });
    });

    it("refuses an older checkout on a database where it does not work any more", async () => {
      await checkOut("v1");
      const { code, stdout, stderr } = await upgrade();
      expect(code).toBe(7);
      expect(stdout + stderr).toMatch(/does not work there/);
      expect(await versions()).toEqual(["0.2.0"]);
      expect(await readiness()).toBe(200);
    });

    it("upgrades without a failed request although the runner is killed between its steps", async () => {
      await checkOut("v3");
      const figures = await underLoad(async () => {
        const lock = stack.sql(
          "thedata_owner",
          "begin; lock table pipelines in access share mode; select pg_sleep(300);",
        );
        const upgrading = upgrade();
        const id = await runnerAfter("source_remark");
        await docker("kill", id);
        expect(await upgrading).toMatchObject({ code: 137 });
        // What it had sent waits for the lock until the server gives up.
        const sessions = "select count(*) from pg_stat_activity where application_name like 'migrator%'";
        const left = async () => (await stack.sql("postgres", sessions)).stdout.trim();
        await expect.poll(left, { timeout: 30_000 }).toBe("0");
        const unlock = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(300)%'";
        await stack.sql("postgres", `${unlock} and pid <> pg_backend_pid();`);
        await lock;
        expect(await columns()).not.toContain("remark");
        expect(await versions()).toEqual(["0.2.0"]);
        expect(await upgrade("--retire", "0.2.0")).toMatchObject({ code: 0 });
      }, "an upgrade with its runner killed");
      expect(figures).toMatchObject(flawless);
      expect(await versions()).toEqual(["0.3.0"]);
      expect(await columns()).not.toContain("note");
      expect(await status()).toMatchObject({ state: "current", pending: [] });
    });
  });

  /** The container of the runner that has added this column to data_sources. */
  const runnerAfter = async (column: string) => {
    const look = `select count(*) from information_schema.columns where column_name = '${column}'`;
    await expect
      .poll(async () => (await stack.sql("thedata_owner", look)).stdout.trim(), { timeout: 300_000 })
      .toBe("1");
    const labels = [`project=${stack.project}`, "service=migrate", "oneoff=True"];
    const filters = labels.flatMap((one) => ["--filter", `label=com.docker.compose.${one}`]);
    return (await docker("ps", "--quiet", ...filters)).trim();
  };
});
