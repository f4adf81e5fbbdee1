import { expect, it } from 'vitest';
import { RFC_9068 } from '../../../../lambda/contract/access-token-profile.ts';
import { doorConfig } from '../../../../lib/edge/door/door-config.ts';
import { wafDirectives } from '../../../../lib/edge/door/waf-directives.ts';

const HOST = 'callbacks.example.com';
const TOKEN = {
  issuer: 'https://login.example.com',
  jwksUri: 'https://login.example.com/jwks',
  profile: RFC_9068,
  audienceForm: 'text',
} as const;

const target = (name: string) => ({
  arn: `arn:aws:lambda:eu-west-1:123456789012:function:postern-test-${name}:live`,
  targetGroupArn: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/postern-test-${name}/door`,
  timeoutSeconds: 30,
});

const SAMPLE = doorConfig({
  environment: 'test',
  host: HOST,
  origin: `https://${HOST}`,
  functions: {
    receive: target('receive'),
    'create-task': target('create-task'),
    tasks: target('tasks'),
    metadata: target('metadata'),
    handshake: target('handshake'),
    'operator-api': target('operator-api'),
    'reveal-payload': target('reveal-payload'),
  },
  accessTokens: { sender: TOKEN, operator: { ...TOKEN, audienceForm: 'list' } },
  rateLimits: { callbacks: 2_000, callbackPath: 100, others: 1_000, handshake: 20 },
  directives: wafDirectives(),
  sources: ['192.0.2.0/24', '2001:db8::/32'],
  certificate: { secretId: 'postern/test/door' },
});

// The tests of the program in Go read this file. `npx vitest run test/lib/edge/door/door-sample.test.ts -u` writes it again.
it('is the configuration that the tests of the door in Go read', async () => {
  await expect(`${JSON.stringify({ ...SAMPLE, ports: { tls: 0, health: 0 } }, undefined, 2)}\n`).toMatchFileSnapshot(
    '../../../../door/testdata/config.json',
  );
});
