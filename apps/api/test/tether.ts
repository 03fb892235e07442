import { Socket } from "node:net";

// Loaded before each program that tests start: when the process that started it ends, in whatever way, this pipe
// closes. So a killed test run leaves no API behind.
const end = () => process.exit(1);
new Socket({ fd: 3, readable: true, writable: false }).on("error", end).on("close", end).resume().unref();
