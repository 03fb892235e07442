import { Deployment } from "kubernetes-models/apps/v1";
import { Job } from "kubernetes-models/batch/v1";
import { Service, ServiceAccount } from "kubernetes-models/v1";
import { parseAllDocuments } from "yaml";

/** A document of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: JobSpec & { readonly replicas?: number };
}

export interface JobSpec {
  readonly ttlSecondsAfterFinished?: number;
  readonly activeDeadlineSeconds?: number;
  readonly template: { readonly spec: PodSpec };
}

export interface PodSpec {
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: object;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly image: string;
  readonly securityContext: object;
}

const kinds: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  "apps/v1 Deployment": Deployment,
  "batch/v1 Job": Job,
  "v1 Service": Service,
  "v1 ServiceAccount": ServiceAccount,
};

/** Reads documents and holds each against Kubernetes' own schema. Throws where one does not fit. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const manifest = document.toJS() as Manifest | null;
    if (manifest === null) return [];
    const Kind = kinds[`${manifest.apiVersion} ${manifest.kind}`];
    if (!Kind) throw new Error(`no schema is known of ${manifest.apiVersion} ${manifest.kind}`);
    new Kind(manifest as never).validate();
    return [manifest];
  });
}
