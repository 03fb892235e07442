import { listen } from "./processes.ts";

// A program that starts an API as tests do, prints its address, and waits to be killed.
const { address } = await listen({ POSTGRES_DSN: process.env["POSTGRES_DSN"] ?? "", SESSION_SECRET: "x".repeat(32) });
console.log(address);
