import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { hasTools, runTool } from "./tools.ts";
import { type JobSpec, type Manifest, readManifests } from "./validate.ts";

const chart = "helm/migrator";
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const needed = [
  "image.repository=registry.example.com/shop-migrate",
  `image.digest=${digest}`,
  "database.secretName=shop-owner",
];
const everything = [
  "app.enabled=true",
  "app.image.repository=registry.example.com/shop",
  "app.image.tag=1.4.0",
  "app.database.secretName=shop-app",
  "fleet.enabled=true",
  "fleet.control.secretName=fleet-control",
  "fleet.passwordSecretName=fleet-targets",
];
const modes = ["job", "hook", "argo"];

const sets = (values: readonly string[]) => values.flatMap((value) => ["--set", value]);
const template = async (...values: readonly string[]) =>
  await runTool("helm", "template", "shop", chart, "--namespace", "shop", ...sets([...needed, ...values]));

async function render(...values: readonly string[]): Promise<Manifest[]> {
  const { code, stdout, stderr } = await template(...values);
  expect([code, stderr]).toEqual([0, ""]);
  return readManifests(stdout);
}

const jobOf = (manifests: readonly Manifest[]) =>
  manifests.find(({ kind }) => kind === "Job") as Manifest & { spec: JobSpec };

describe.skipIf(!hasTools)("the chart", () => {
  it.each(modes)("is sound by helm lint, in mode %s", async (mode) => {
    const { code, stdout } = await runTool(
      "helm",
      "lint",
      "--strict",
      chart,
      ...sets([...needed, ...everything, `mode=${mode}`]),
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("0 chart(s) failed")]);
  });

  it.each(modes)("renders what is expected, valid by Kubernetes' schemas, in mode %s", async (mode) => {
    const { stdout } = await template(...everything, `mode=${mode}`);
    expect(
      readManifests(stdout)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(["Deployment", "Deployment", "Job", "ServiceAccount"]);
    await expect(stdout).toMatchFileSnapshot(`golden/${mode}.yaml`);
  });

  it.each([
    ["job", undefined, 604_800],
    [
      "hook",
      {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-weight": "-5",
        "helm.sh/hook-delete-policy": "before-hook-creation",
      },
      undefined,
    ],
    [
      "argo",
      { "argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation" },
      undefined,
    ],
  ])("runs the job when it is time, in mode %s", async (mode, annotations, ttl) => {
    const { metadata, spec } = jobOf(await render(`mode=${mode}`));
    expect(metadata.annotations).toEqual(annotations);
    expect([spec.ttlSecondsAfterFinished, spec.activeDeadlineSeconds]).toEqual([ttl, undefined]);
  });

  it("names the job by its image, so that another image is another job", async () => {
    const nameOf = async (...values: string[]) => jobOf(await render(...values)).metadata.name;
    expect(await nameOf()).toBe("shop-migrate-0123456789ab");
    const [one, two] = [
      await nameOf("image.digest=", "image.tag=1.4.0"),
      await nameOf("image.digest=", "image.tag=1.4.1"),
    ];
    expect(one).toMatch(/^shop-migrate-[0-9a-f]{12}$/);
    expect(one).not.toBe(two);
  });

  it("pulls every image with the secrets, and places every pod", async () => {
    const placed = [
      "imagePullSecrets[0].name=pull",
      "nodeSelector.pool=db",
      "tolerations[0].key=db",
      "tolerations[0].operator=Exists",
    ];
    const pods = (await render(...everything, ...placed)).flatMap(({ spec }) => spec?.template?.spec ?? []);
    expect(pods).toHaveLength(3);
    for (const pod of pods)
      expect(pod).toMatchObject({
        imagePullSecrets: [{ name: "pull" }],
        nodeSelector: { pool: "db" },
        tolerations: [{ key: "db" }],
      });
  });

  it.each([
    [["image.repository="], /image\.repository is not set/],
    [["image.digest="], /image\.tag or image\.digest is not set/],
    [["database.secretName="], /database\.secretName is not set/],
    [["mode=cron"], /mode is "cron": it takes job, hook or argo/],
    [["fleet.enabled=true"], /fleet\.control\.secretName is not set/],
  ])("says what is missing: %s", async (values, message) => {
    const { code, stderr } = await template(...values);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});

/** What every pod of ours is held to, whoever rendered it. */
function expectRestricted(manifests: readonly Manifest[]): void {
  const pods = manifests.flatMap(({ spec }) => spec?.template?.spec ?? []);
  expect(pods.length).toBeGreaterThan(0);
  for (const pod of pods) {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const container of [...(pod.initContainers ?? []), ...pod.containers])
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
  }
}

/** The job ends by itself, and is not begun again where that cannot help. */
function expectPatient({ spec }: Manifest & { spec: JobSpec }): void {
  expect(spec).toMatchObject({
    backoffLimit: 3,
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailJob", onExitCodes: { containerName: "migrate", operator: "In", values: [1, 2, 3, 5, 7] } },
      ],
    },
    template: { spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 60 } },
  });
  expect(spec.activeDeadlineSeconds).toBe(undefined);
}

describe.skipIf(!hasTools)("the plain manifests", () => {
  const build = async () => {
    const { code, stdout, stderr } = await runTool("kubectl", "kustomize", "kubernetes");
    expect([code, stderr]).toEqual([0, ""]);
    return readManifests(stdout);
  };

  it("are put together by kubectl, and valid by Kubernetes' schemas", async () => {
    const manifests = await build();
    expect(manifests.map(({ kind, metadata: { name } }) => `${kind} ${name}`).toSorted()).toEqual([
      "Deployment api",
      "Deployment fleet",
      "Job migrate-000000000000",
      "Service api",
      "ServiceAccount migrate",
    ]);
    expectRestricted(manifests);
    expectPatient(jobOf(manifests));
  });

  it("say of the pods what the chart says", async () => {
    const manifests = await render(...everything);
    expectRestricted(manifests);
    expectPatient(jobOf(manifests));
    const api = manifests.find(({ metadata }) => metadata.name === "shop-app");
    const plain = (await build()).find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "api");
    for (const one of [api, plain])
      expect(one?.spec?.template.spec).toMatchObject({
        initContainers: [{ name: "wait", args: ["wait", "--timeout", "3600"] }],
        containers: [
          { readinessProbe: { httpGet: { path: "/readyz" } }, livenessProbe: { httpGet: { path: "/healthz" } } },
        ],
      });
  });

  it("the schemas refuse what Kubernetes would", async () => {
    const text = await readFile(path.resolve(import.meta.dirname, "../kubernetes/migrate.yaml"), "utf8");
    expect(readManifests(text)).toHaveLength(2);
    for (const [from, to] of [
      ["backoffLimit: 3", "backoffLimit: three"],
      ["      containers:\n        - name: migrate", "      containers:\n        - title: migrate"],
      ["action: FailJob", "verb: FailJob"],
    ] as const) {
      expect(text).toContain(from);
      expect(() => readManifests(text.replace(from, to))).toThrow(/ must /);
    }
  });
});
