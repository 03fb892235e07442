/** A generated migration: the same work for each peer, in statements without a semicolon. */
export interface Migration {
  /** `work_00001`: the name of its table, and part of its file's name. */
  readonly name: string;
  /** Counts from 1. */
  readonly number: number;
  /** `20250101000001`, one second later than the migration before it. */
  readonly stamp: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Generates `count` small migrations: up creates a table, a column and an index, down drops the table. */
export function generateMigrations(count: number): Migration[] {
  return Array.from({ length: count }, (_, index) => generate(index + 1));
}

function generate(number: number): Migration {
  const name = `work_${String(number).padStart(5, "0")}`;
  const up = [
    `create table ${name} (id bigint generated always as identity primary key, title text not null, created_at timestamptz not null default now())`,
    `alter table ${name} add column note text not null default ''`,
    `create index ${name}_created_at on ${name} (created_at)`,
  ];
  return { name, number, stamp: stampOf(number), up, down: [`drop table ${name}`] };
}

function stampOf(number: number): string {
  const time = new Date(Date.UTC(2025, 0, 1) + number * 1000);
  return time.toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

/** The number of migrations that a text names: peers print lists in different forms, but all with the names. */
export function countNames(text: string): number {
  return new Set(text.match(/work_\d{5}/g)).size;
}

/** The number of migrations to revert in W4: the last hundred of a thousand. */
export function countToRevert(size: number): number {
  return Math.min(100, Math.ceil(size / 4));
}
