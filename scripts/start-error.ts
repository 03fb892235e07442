/** Something that the person at the terminal can put right; no stack trace helps with it. */
export class StartError extends Error {}
