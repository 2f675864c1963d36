/** Something that the person who typed the command can put right: shown as its message alone, without a stack. */
export class UserError extends Error {}

/** The command was given what it does not take: exit code 2, where other failures have 1. */
export class UsageError extends UserError {}
