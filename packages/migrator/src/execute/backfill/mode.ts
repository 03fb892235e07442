/** What `up` does with a backfill of a large table: leave it to `backfill run`, run its batches, or one statement. */
export type BackfillMode = "hold" | "wait" | "whole";
