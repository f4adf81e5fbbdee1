import { CAPABILITY_NAMES } from '../../../lambda/contract/capabilities.ts';
import { SOURCE_NOTE } from '../../callback/read-source.ts';
import { defineCommand } from '../../command.ts';

export const TOKEN_DECODE_COMMAND = defineCommand({
  name: 'token decode',
  summary: 'Prints the header and the claims of a callback token',
  description:
    'Checks nothing and sends nothing. Never prints the token or its signature. The claims of an encrypted token can only be ' +
    `read by the gateway. ${SOURCE_NOTE}`,
  arguments: {
    TOKEN: { doc: 'a callback URL, a token, @FILE with one or with what "task open --out" wrote, or - for stdin' },
  },
  options: {
    capability: { doc: 'which callback of the file', value: 'NAME', choices: CAPABILITY_NAMES },
  },
  examples: ['postern token decode @task.json', 'postern token decode @task.json --capability failure -o json'],
  exits: ['failed'],
  run: async (context, { arguments: { TOKEN }, options: { capability } }) => {
    const { chooseCallback, readSource } = await import('../../callback/read-source.ts');
    const { decodeToken } = await import('../../token/decode-token.ts');
    const { showToken } = await import('../../token/show-token.ts');
    const decoded = decodeToken(chooseCallback(await readSource(context, TOKEN), capability));
    const { claims, header } = decoded;
    if (claims === undefined) {
      context.io.note('The token is encrypted: only the gateway can read its claims. This is its header.');
    }
    context.io.print({ header, ...(claims !== undefined && { claims }) }, () => showToken(decoded, context.now()));
    return undefined;
  },
});
