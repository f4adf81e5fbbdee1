/** What the person who asks has to change; the message says it, and needs no stack. */
export class WrongUse extends Error {}
