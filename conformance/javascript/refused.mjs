/** The input breaks a rule of the text; the message says which. */
export class Refused extends Error {}

/** The question is sound, but this implementation cannot answer it; the message says why. */
export class Unsupported extends Error {}
