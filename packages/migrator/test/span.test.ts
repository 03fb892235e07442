import { context, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { expect, it, onTestFinished } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

it("tells a registered OpenTelemetry SDK of the run and of each migration, the failed one as an error", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  onTestFinished(async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
  });
  const { dsn } = await emptyDatabase();
  await up(contextOf(dsn, await folderOf({ M1: { up: ["create table a ()"] }, M2: { up: ["create table a ()"] } })));
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
    ["migration M1", 0],
    ["migration M2", 2],
    ["migrator up", 0],
  ]);
  const [first, , run] = spans;
  expect(first?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
  expect(first?.attributes).toMatchObject({ "migrator.migration": "M1", "migrator.direction": "up" });
});
