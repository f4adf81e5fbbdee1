import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HOURS_PER_MONTH, PRICES } from '../../../cost/prices.ts';
import { IDLE_POLLS_PER_MONTH } from '../../../cost/usage.ts';
import { webAclRules } from '../../../lib/edge/web-acl-rules.ts';

/** Settings with a price, and their lines on the page. */
const documented = readFileSync(new URL('../../../docs/operate/configuration.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.includes(' USD '))
  .map((line) => [/^\| `(\w+)` \|/.exec(line)?.[1] ?? line, line] as const);

const RATES = { callbacks: 10, callbackPath: 10, others: 10, handshake: 10 };
const aMonth = (perHour: number) => Math.round(perHour * HOURS_PER_MONTH);
const toTheCent = (price: number) => price.toFixed(2);

/** Of the network door: a task, and everything with two zones and two tasks. */
const taskMonth =
  HOURS_PER_MONTH * (0.5 * PRICES.fargateCpuHour + PRICES.fargateGigabyteHour + PRICES.publicIpv4AddressHour);
const doorMonth = HOURS_PER_MONTH * (PRICES.networkLoadBalancerHour + 2 * PRICES.publicIpv4AddressHour) + 2 * taskMonth;
/** A load balancer in two zones, and a web ACL with the rules of every environment. */
const consoleMonth =
  HOURS_PER_MONTH * (PRICES.loadBalancerHour + 2 * PRICES.publicIpv4AddressHour) +
  PRICES.webAcl +
  webAclRules({ antiDdos: false, rateLimits: RATES }).length * PRICES.webAclRule;

/** Texts that each line must have. */
const PRICE_OF: Readonly<Record<string, readonly string[]>> = {
  availabilityZones: [`${aMonth(PRICES.publicIpv4AddressHour)} USD a month`],
  cognito: [
    `${PRICES.cognitoMachineClient} USD a month`,
    `${PRICES.cognitoMillionMachineTokens / 1e6} USD for each access token`,
    `${PRICES.cognitoPlusUser} USD a month`,
    `${toTheCent(PRICES.secret)} USD a month`,
  ],
  threatProtection: [`${PRICES.cognitoPlusUser} USD a month`, `${PRICES.cognitoEssentialsUser} USD`],
  certificateSecretName: [`${toTheCent(PRICES.secret)} USD a month`],
  console: [`${Math.round(consoleMonth)} USD a month`],
  tasks: [`${Math.round(taskMonth)} USD a month`],
  clients: [
    `${PRICES.cognitoMachineClient} USD a month`,
    `${PRICES.cognitoMillionMachineTokens / 1e6} USD for each access token`,
  ],
  consoleClient: [`${toTheCent(PRICES.secret)} USD a month`],
  tokenEncryption: [`${toTheCent(PRICES.secret)} USD a month`],
  protected: [`${toTheCent(PRICES.dynamodbRecoveryGigabyteMonth)} USD a GB`],
  signing: [`${PRICES.kmsMillionSignatures} USD a million`],
  signingKeys: [`${PRICES.kmsKey} USD a month each`],
  retention: [
    `${toTheCent(PRICES.dynamodbGigabyteMonth)} USD a GB of tables`,
    `${toTheCent(PRICES.s3GigabyteMonth)} USD a GB of the payload bucket`,
  ],
  auditRetention: [`${toTheCent(PRICES.dynamodbGigabyteMonth)} USD a GB`],
  logRetention: [`${toTheCent(PRICES.logGigabyte)} USD a GB to write it`],
  loadBalancerLogRetention: [`${toTheCent(PRICES.s3GigabyteMonth)} USD a GB`],
  inlineLimit: [`S3 PUT (${PRICES.s3MillionPuts} USD a million)`],
  secretName: [`${toTheCent(PRICES.secret)} USD a month`],
  shield: [`${PRICES.shieldAdvanced.toLocaleString('en')} USD a month`, `${PRICES.shieldGigabyteOut} USD a GB`],
  mutualTls: [`${PRICES.trustStoreHour} USD an hour`],
  privateLink: [`${aMonth(PRICES.networkLoadBalancerHour)} USD a month`],
  rateLimits: [`${PRICES.webAclRule} USD a month for each rule`],
  countries: [`${2 * PRICES.webAclRule} USD a month for two rules`],
  antiDdos: [`${PRICES.antiDdosRuleGroup} USD a month`, `${PRICES.antiDdosMillionRequests} USD a million requests`],
  // A metric of ours and one of a log, each watched by the alarm.
  invokers: [`${toTheCent(2 * (PRICES.metric + PRICES.alarmMetric))} USD a month`],
  alarmSubscribers: [`${PRICES.kmsKey} USD a month`],
  // A key, the alarms, and receives of the idle queue.
  resumes: [
    `${(PRICES.kmsKey + 11 * PRICES.alarmMetric + (IDLE_POLLS_PER_MONTH * PRICES.sqsMillionFifoRequests) / 1e6).toFixed(1)}0 USD a month`,
  ],
};

/** Prices of a whole section, above its table; and X-Ray, which `postern env cost` does not count. */
const OTHER_LINES: readonly (string | RegExp)[] = [
  `will sign callback tokens: about ${PRICES.kmsKey} USD a month.`,
  `About ${PRICES.kmsKey} USD a month for the encryption key.`,
  `The trust store costs about ${aMonth(PRICES.trustStoreHour)} USD a month.`,
  `About ${aMonth(PRICES.networkLoadBalancerHour)} USD a month and 0.006 USD a capacity unit and hour`,
  `About ${Math.round(doorMonth)} USD a month with two zones and two tasks, instead of about ${Math.round(consoleMonth)} for`,
  /^\| `tracing` \|/,
];

it.each(documented)('the price of %s is the price of `postern env cost`', (setting, line) => {
  const prices = PRICE_OF[setting];
  if (prices !== undefined) {
    for (const price of prices) expect(line).toContain(price);
  } else {
    const isKnown = OTHER_LINES.some((text) => (typeof text === 'string' ? line.includes(text) : text.test(line)));
    expect(isKnown, line).toBe(true);
  }
});

it('each setting with a price is on the page', () => {
  const settings = documented.map(([setting]) => setting);
  expect(Object.keys(PRICE_OF).filter((setting) => !settings.includes(setting))).toEqual([]);
});
