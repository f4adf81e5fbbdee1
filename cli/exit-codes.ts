/** Exit codes of every command, with their meaning. Scripts depend on them, so a number never changes its meaning. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'The command did what it says.' },
  failed: { code: 1, meaning: 'A check failed, or the command could not do its work.' },
  usage: { code: 2, meaning: 'The command line or a file of settings is wrong. Nothing was done.' },
  notFound: { code: 3, meaning: 'What was asked for does not exist.' },
  signIn: { code: 4, meaning: 'Sign in first, with "postern login".' },
  refused: { code: 5, meaning: 'The gateway refused the request. The error names the code and its problem page.' },
  unavailable: { code: 6, meaning: 'The gateway did not answer, or the time-out passed. Try again.' },
  endedOtherwise: { code: 7, meaning: 'The command waited, and the task did not succeed.' },
  interrupted: { code: 130, meaning: 'Ctrl-C stopped the command.' },
} as const;

export type Exit = keyof typeof EXIT_CODES;
