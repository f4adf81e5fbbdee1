import { defineCommand } from '../command.ts';

export const WHOAMI_COMMAND = defineCommand({
  name: 'whoami',
  summary: 'Shows the gateway, the client and the scopes that commands use',
  description:
    'It renews a token that has expired, so it shows what the next command will use. It never prints the token.',
  options: {},
  examples: ['postern whoami', 'postern whoami --profile staging -o json'],
  exits: ['failed', 'signIn', 'unavailable'],
  run: async (context) => {
    const { openSession } = await import('../sign-in/session.ts');
    const { printIdentity } = await import('../sign-in/identity.ts');
    const session = openSession(context);
    const tokens = [];
    for (const use of session.uses()) tokens.push(await session.token(use));
    printIdentity(context, session, tokens);
    return 'ok';
  },
});
