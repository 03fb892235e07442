// The configuration inside the `migrate` image: built migrations, the database from the environment, no models.
export default {
  migrations: "packages/migrations/dist/migrations",
  releases: { folder: "packages/migrations/dist/releases", supported: "last 2" },
};
