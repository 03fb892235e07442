import type { Attributes, Span } from "@opentelemetry/api";

// The global under which an SDK registers itself. Without one, nothing is loaded.
const registered = Symbol.for("opentelemetry.js.api.1");

/** Runs `work` inside an OpenTelemetry span, when a program has registered an SDK; else just runs it. */
export async function inSpan<Result>(
  name: string,
  attributes: () => Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!(registered in globalThis)) return await work();
  const { SpanStatusCode, trace } = await import("@opentelemetry/api");
  return await trace.getTracer("migrator").startActiveSpan(name, { attributes: attributes() }, async (span: Span) => {
    try {
      return await work();
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}
