import type { Attack, TargetKind } from '../../cli/attack/attack.ts';
import { ATTACK_GROUPS, ATTACKS } from '../../cli/attack/catalogue.ts';
import type { GeneratedPage } from './page.ts';

/** The processor that an attack needs, in words. An attack on a plain processor needs no word. */
const NEEDS: Readonly<Record<TargetKind, string>> = {
  plain: '',
  header_only: 'a processor without the carriers `path` and `short`',
  strict: 'a processor with `replayMode: "reject"`',
  schema: 'a processor with a JSON Schema',
  dpop: 'proof `dpop`',
  'http-signature': 'proof `http_signature`',
  'standard-webhooks': 'proof `standard_webhooks`',
  'private-key-jwt': 'proof `private_key_jwt`',
};

const row = ({ expected, name, requirements, target = 'plain', tries }: Attack): string =>
  `| \`${name}\` | ${tries} | ${requirements.map((id) => `[${id}](../reference/requirements.md)`).join(', ')} | ${expected.map((code) => `\`${code}\``).join(', ')} | ${NEEDS[target]} |`;

const replays = ATTACKS.filter(({ isReplay }) => isReplay).map(({ name }) => `\`${name}\``);

const render = (): string => `# The attack drill

For people who run a gateway, or review one: \`postern callback attack\` attacks it, and checks that every attack is refused with the
right code. \`npm run docs\` writes this page from the catalogue in [\`cli/attack\`](../../cli/attack).

## What it does

The drill plays both sides. As a sender it opens a task for each attack. As an attacker it uses the callback of that task: with a
forged token, in the wrong place, a second time, with a stolen proof, or with a request that two servers read differently. Requests are
written byte by byte, so no HTTP client repairs them.

- Each task has \`{"drill": true}\` and the name of the attack in its \`metadata\`. Events give it back, so a consumer can ignore the drill.
- After each attack the drill reads the task. A refusal whose request still changed the task counts as **accepted**.
- The drill cancels every task, and discards what came too late. It does so after Ctrl-C too. Tasks that an attack needs as closed stay
  succeeded.
- It prints no token and no callback URL, and writes none to the report.

**It raises alarms.** ${replays.length} attacks use a token twice: ${replays.join(', ')}. The alarm
[\`ReplayDetected\`](runbook.md#replaydetected) goes off at the first one, because one is enough. Many refused tokens may raise
[\`TokenRefused\`](runbook.md#tokenrefused) as well. Tell the people who are on call before you begin, or omit the replays with
\`--no-replay\`. In a protected environment the command asks for the name of the environment; a script gives \`--yes\` and \`--reason\`.

## Run it

On this machine, with \`npm start\` in another terminal:

\`\`\`sh
npx postern callback attack --out drill.md
\`\`\`

It takes the processors of the local registry, so all ${ATTACKS.length} attacks run. For a deployed gateway, sign in as a sender and name a
processor that only tests use:

\`\`\`sh
npx postern callback attack --profile staging --processor drill-ocr --no-replay --out drill.md
\`\`\`

A processor with a proof needs \`--proof\` and \`--key\`, because some attacks begin with an honest delivery. Then the attacks on that proof
run too. The drill names the attacks that it cannot run. A processor whose tokens are encrypted cannot be attacked, because only the
gateway can take its tokens apart.

The exit code is 0 if every attack was refused as expected, otherwise 1. \`-o json\` prints
\`{"attacks": [{"name", "expected", "status", "code", "verdict"}]}\`. The file of \`--out\` is a report in Markdown for a review: what was
tested, when, at which gateway, and for which [requirements](../reference/requirements.md).

## Verdicts

| verdict | meaning | what to do |
|---|---|---|
| \`refused\` | The gateway refused the attack with an expected code, and the task is as it should be. | nothing |
| \`accepted\` | The gateway answered 2xx, or refused the request and the task changed all the same. | Treat it as an incident. Stop the deployment, and [report the weakness](../../SECURITY.md). Find the step that should have refused it in [callback checks](../reference/callback-checks.md). Search the log for the task: it has the attack in its \`metadata\`. |
| \`unexpected\` | The attack was not accepted, and was not refused as expected: with another code, with a 5xx, or without an answer. | Compare the code with [errors](../reference/errors.md). Something in front of the gateway may have answered: a proxy, a firewall, a rate rule of the web ACL. A code of an earlier step is harmless, but the step that is tested was not reached. An answer of 5xx is a fault. |

\`http_400\` and \`http_403\` stand for an answer of that status without a code: the load balancer, the web ACL or the firewall of the
network door refused before a function ran. \`connection_closed\`
and \`no_answer\` stand for no answer at all. Where the load balancer checks callback tokens (\`RS256\`), \`http_401\` is expected too.

Claims are signed, so an attacker who changes one breaks the signature. That is why \`expired\`, \`other-audience\` and others expect
\`token_signature_invalid\`: only the gateway can make a token that is expired and genuine within the minutes of a drill.
[\`postern token explain\`](../reference/cli.md) says which check a token fails.

## Every attack

${ATTACK_GROUPS.map(
  ({ attacks, title }) =>
    `### ${title}\n\n| attack | what it tries | requirements | expected | needs |\n|---|---|---|---|---|\n${attacks.map(row).join('\n')}`,
).join('\n\n')}
`;

/** The page of the drill, with every attack of its catalogue. */
export const ATTACK_DRILL: GeneratedPage = { path: 'docs/operate/attack-drill.md', render };
