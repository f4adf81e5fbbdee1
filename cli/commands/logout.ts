import { defineCommand } from '../command.ts';

export const LOGOUT_COMMAND = defineCommand({
  name: 'logout',
  summary: 'Removes the tokens of a profile from this machine',
  description:
    'It revokes the refresh token where the provider can do that, and removes a stored client secret. The profile stays, so "postern login --profile NAME" signs in again.',
  options: {},
  examples: ['postern logout', 'postern logout --profile production'],
  exits: ['failed'],
  run: async (context) => {
    const { logOut } = await import('../sign-in/log-out.ts');
    return logOut(context);
  },
});
