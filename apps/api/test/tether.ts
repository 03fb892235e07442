import { Socket } from "node:net";

// Loaded before each program that tests start: when the process that started it is gone, however it went, its end of
// this pipe closes. A run of tests that is killed leaves no API behind.
const end = () => process.exit(1);
new Socket({ fd: 3, readable: true, writable: false }).on("error", end).on("close", end).resume().unref();
