const commits = "https://github.com/thedata-io/database/commit/";

const link = (commit) => (commit ? `[\`${commit.slice(0, 7)}\`](${commits}${commit}): ` : "");

/** One entry of a changelog: what the changeset says, with a link to the commit that brought it. */
export default {
  getReleaseLine: async ({ commit, summary }) => {
    const [first, ...rest] = summary.split("\n").map((line) => line.trimEnd());
    return `\n\n- ${link(commit)}${first}\n${rest.map((line) => `  ${line}`.trimEnd()).join("\n")}`;
  },
  getDependencyReleaseLine: async (_changesets, dependencies) =>
    dependencies.length === 0
      ? ""
      : ["- Updated dependencies", ...dependencies.map(({ name, newVersion }) => `  - ${name}@${newVersion}`)].join(
          "\n",
        ),
};
