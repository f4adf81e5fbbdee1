import { defineCommand } from '../command.ts';

export const LOGIN_COMMAND = defineCommand({
  name: 'login',
  summary: 'Signs in at a gateway, and keeps the sign-in in a profile',
  description: [
    'A machine signs in with --private-key or --client-secret-file. A person signs in with the browser of this machine, or with --device on any other one. The profile goes to your file of settings, tokens go to a folder that only you can read.',
    'A machine gets a token of a sender, and one of an operator when a command needs it. A person gets a token of an operator. --scope says otherwise.',
    'A profile that exists keeps what you do not name. The tokens of a profile are sent to its gateway alone.',
  ].join('\n\n'),
  options: {
    clientId: { doc: 'the client at the identity provider', value: 'ID' },
    privateKey: { doc: 'the private key of the client: a JWK, of which only the path is kept', value: 'FILE' },
    clientSecretFile: { doc: 'the secret of the client, or - for stdin', value: 'FILE' },
    device: { doc: 'shows a code that you type in a browser anywhere' },
    scope: { doc: 'scopes of the token, with blanks between them', value: 'SCOPES' },
    audience: { doc: 'the audience to ask for, at providers that need it', value: 'URI' },
    callbackPort: {
      doc: 'the port of 127.0.0.1 that the browser comes back to, at providers that compare it with the registered one, as Cognito does',
      value: 'PORT',
    },
    environment: {
      doc: 'the name of the environment, which a person types before an action if it is protected',
      value: 'NAME',
    },
    protected: { doc: 'asks before each action' },
  },
  examples: [
    'postern login --profile staging --origin https://callbacks.staging.example.com --issuer https://login.example.com --client-id invoices --private-key key.jwk',
    'postern login --profile production --origin https://callbacks.example.com --issuer https://login.example.com --client-id postern-cli --environment prod --protected',
    'postern login --profile production --device',
  ],
  exits: ['failed', 'signIn', 'unavailable'],
  run: async (context, { options }) => {
    const { logIn } = await import('../sign-in/log-in.ts');
    return logIn(context, options);
  },
});
