import { BrokenMigrationError, ConfigurationError } from "@thedata/migrator/internal";
import { describe, expect, it } from "vitest";
import { annotationOf, relativeFile, toWorkflowCommand } from "./annotations.ts";

const workspace = { GITHUB_WORKSPACE: "/home/runner/work/a" };

describe("an annotation on GitHub", () => {
  it("is a workflow command with everything escaped that would end it", () => {
    const annotation = {
      title: "a:b,c%",
      message: "50%\r\nof a:b, c",
      file: "/home/runner/work/a/x,y/z:1.ts",
      line: 3,
    };
    expect(toWorkflowCommand(annotation, workspace)).toBe(
      "::error file=x%2Cy/z%3A1.ts,line=3,title=a%3Ab%2Cc%25::50%25%0D%0Aof a:b, c",
    );
  });

  it("does without a place where there is none", () => {
    expect(toWorkflowCommand({ title: "t", message: "m", file: null, line: null }, workspace)).toBe(
      "::error title=t::m",
    );
  });

  it.each([
    ["/home/runner/work/a/b/c.ts", "b/c.ts"],
    ["/elsewhere/c.ts", "/elsewhere/c.ts"],
  ])("names %s as %s", (file, named) => {
    expect(relativeFile(file, workspace)).toBe(named);
  });

  it("is made of an error, at its migration where it has one", () => {
    const [broken, other] = [new BrokenMigrationError("M1", "does not load"), new ConfigurationError("no models")];
    expect(annotationOf(broken, "/m")).toMatchObject({
      title: "migrator: broken-migration",
      file: "/m/M1.ts",
      line: 1,
    });
    expect(annotationOf(other, "/m")).toMatchObject({ message: "no models", file: null, line: null });
    expect(annotationOf(new Error("a bug"), "/m")).toBeNull();
  });
});
