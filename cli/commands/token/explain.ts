import { CAPABILITY_NAMES } from '../../../lambda/contract/capabilities.ts';
import { SOURCE_NOTE } from '../../callback/read-source.ts';
import { defineCommand } from '../../command.ts';

export const TOKEN_EXPLAIN_COMMAND = defineCommand({
  name: 'token explain',
  summary: 'Says which checks of the gateway a callback token passes',
  description:
    'Judges the token by the code of the gateway and by its public keys, which it reads from the origin of the URL or of the ' +
    'profile. It sends the token nowhere, so the token is not used up. A token without a URL is judged for the path that it ' +
    'names itself. Proof, policy, payload and use are not checked, because only the gateway can. Never prints the token. ' +
    SOURCE_NOTE,
  arguments: {
    TOKEN: { doc: 'a callback URL, a token, @FILE with one or with what "task open --out" wrote, or - for stdin' },
  },
  options: {
    capability: { doc: 'which callback of the file', value: 'NAME', choices: CAPABILITY_NAMES },
  },
  examples: ['postern token explain @task.json', 'postern token explain - < url.txt'],
  exits: ['failed', 'unavailable'],
  run: async (context, { arguments: { TOKEN }, options: { capability } }) => {
    const { chooseCallback, readSource } = await import('../../callback/read-source.ts');
    const { explainToken } = await import('../../token/explain-token.ts');
    const { readPublicGateway } = await import('../../token/public-gateway.ts');
    const { showChecks } = await import('../../token/show-checks.ts');
    const presented = chooseCallback(await readSource(context, TOKEN), capability);
    const gateway = await readPublicGateway(context, presented.url);
    const { checks, notes } = await explainToken(presented, gateway, Math.floor(context.now() / 1_000));
    context.io.print({ checks }, () => showChecks(checks));
    for (const note of notes) context.io.note(note);
    return checks.some(({ state }) => state === 'failed') ? 'failed' : 'ok';
  },
});
