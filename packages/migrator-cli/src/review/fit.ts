import type { Review } from "@thedata/migrator/internal";

/** How much of a review is shown. */
export interface Detail {
  readonly picture: boolean;
  /** Of a statement, in characters. */
  readonly sql: number;
  /** Of a migration. */
  readonly statements: number;
  readonly migrations: number;
  /** Of each list: changes, findings, faults, notes. */
  readonly items: number;
}

const details: readonly Detail[] = [
  { picture: true, sql: 2000, statements: 200, migrations: 100, items: 200 },
  { picture: true, sql: 600, statements: 60, migrations: 100, items: 100 },
  { picture: false, sql: 600, statements: 60, migrations: 100, items: 60 },
  { picture: false, sql: 200, statements: 20, migrations: 40, items: 20 },
  { picture: false, sql: 100, statements: 5, migrations: 20, items: 8 },
  { picture: false, sql: 60, statements: 0, migrations: 10, items: 3 },
  { picture: false, sql: 60, statements: 0, migrations: 0, items: 0 },
];

/** Renders as much of a review as fits; the verdict is always whole. */
export function fit(
  review: Review,
  render: (review: Review, detail: Detail) => string,
  fits: (text: string) => boolean,
): string {
  let text = "";
  for (const detail of details) {
    text = render(review, detail);
    if (fits(text)) return text;
  }
  return text;
}

/** The first items of a list as lines, and how many more there are. */
export function some<Item>(items: readonly Item[], { items: most }: Detail, line: (item: Item) => string): string[] {
  const left = items.length - most;
  return [...items.slice(0, most).map(line), ...(left > 0 ? [`… and ${left} more`] : [])];
}
