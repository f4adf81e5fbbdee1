import type { DeployedSettings } from './deployed-settings.ts';
import type { Environment } from './environment.ts';
import type { ConfigError } from './errors.ts';
import { type IngressStep, ingressStepOf, isSafeStep } from './ingress.ts';
import { hasWorkflowTokenKey } from './resumes.ts';

/** The steps as an environment file writes them. */
const STEPS: Readonly<Record<IngressStep, string>> = {
  application: "kind: 'application'",
  'dns-load-balancer': "switching: { dns: 'load-balancer' }",
  'dns-door': "switching: { dns: 'door' }",
  network: "kind: 'network', without switching",
};

/** A setting that a deployed environment cannot change freely. */
export interface FixedSetting {
  /** Name of the setting in an environment file. */
  readonly setting: string;
  /** Changes that are safe. */
  readonly safe: string;
  /** Changes that are refused, with the reason. */
  readonly refused: string;
  /** Another way to reach the same state. */
  readonly alternative: string;
  /** Returns the mistake, or nothing if the change is safe. */
  readonly problem: (then: DeployedSettings, now: Environment) => Omit<ConfigError, 'remedy'> | undefined;
}

const OTHER_ENVIRONMENT =
  'Make a second environment in a file of its own, open new tasks there, and take the old one down when its tasks have ended.';

/**
 * Settings that synth compares with `deployments/NAME.json`. `docs/operate/deploying.md` has this table, and
 * `test/lib/update/setting-changes.test.ts` checks that it is complete.
 */
const FIXED_SETTINGS: readonly FixedSetting[] = [
  {
    setting: 'account',
    safe: 'Nothing.',
    refused: 'Another account has other stacks: a second, empty environment would be made there.',
    alternative: OTHER_ENVIRONMENT,
    problem: (then, { account }) => differs('account', account, then.account),
  },
  {
    setting: 'region',
    safe: 'Nothing.',
    refused: 'Another Region has other stacks: a second, empty environment would be made there.',
    alternative: OTHER_ENVIRONMENT,
    problem: (then, { region }) => differs('region', region, then.region),
  },
  {
    setting: 'domain',
    safe: 'Nothing.',
    refused:
      'Callback tokens name the origin in `iss` and `aud`: every callback URL of an open task would stop working.',
    alternative: OTHER_ENVIRONMENT,
    problem: (then, { host, origin }) =>
      origin === then.origin
        ? undefined
        : { at: 'domain', value: host, expected: `"${new URL(then.origin).hostname}", which is deployed` },
  },
  {
    setting: 'availabilityZones',
    safe: 'Append zones, or take the last ones away. With `network`, every change.',
    refused:
      'Another zone or another order: a subnet keeps its addresses and cannot change its zone, so that CloudFormation makes a ' +
      'second subnet with the same addresses, which EC2 refuses.',
    alternative: OTHER_ENVIRONMENT,
    problem: (then, { availabilityZones: zones, network, region }) => {
      const common = Math.min(zones.length, then.availabilityZones.length);
      const isSafe =
        network !== undefined ||
        region !== then.region ||
        zones.slice(0, common).join() === then.availabilityZones.slice(0, common).join();
      return isSafe
        ? undefined
        : {
            at: 'availabilityZones',
            value: zones,
            expected: `${JSON.stringify(then.availabilityZones)}, which are deployed, with zones appended or the last taken away`,
          };
    },
  },
  {
    setting: 'network',
    safe: '`ipv6`, and `publicSubnetIds` of the same VPC.',
    refused: 'Switching it on or off, or another `vpcId`: a load balancer stays in its network.',
    alternative: OTHER_ENVIRONMENT,
    problem: (then, { network }) => {
      const [before, after] = [then.network?.vpcId, network?.vpcId];
      if (before === after) return undefined;
      return before === undefined
        ? {
            at: 'network',
            value: network,
            expected: 'no `network`: the deployed load balancer is in its own network',
          }
        : { at: 'network.vpcId', value: after, expected: `"${before}", where the deployed load balancer is` };
    },
  },
  {
    setting: 'privateLink',
    safe: 'Switching it on; other `acceptedPrincipals`; more zones or subnets.',
    refused:
      'Removing it, or removing a subnet or zone: EC2 refuses while an endpoint is connected, and Elastic Load Balancing ' +
      'does not delete a protected load balancer.',
    alternative:
      'Tell the callers, reject their connections (`aws ec2 reject-vpc-endpoint-connections`), take the deletion protection ' +
      'of the Network Load Balancer off by hand where the environment is protected, write `"privateLink": false` into ' +
      '`deployments/NAME.json`, and deploy.',
    problem: (then, { availabilityZones, network, privateLink }) => {
      if (!then.privateLink) return undefined;
      if (privateLink === undefined) {
        return { at: 'privateLink', value: privateLink, expected: '`privateLink`, which is deployed' };
      }
      const kept = network === undefined ? availabilityZones : network.publicSubnetIds;
      const deployed = network === undefined ? then.availabilityZones : (then.network?.publicSubnetIds ?? []);
      const lost = deployed.filter((one) => !kept.includes(one));
      return lost.length === 0
        ? undefined
        : {
            at: network === undefined ? 'availabilityZones' : 'network.publicSubnetIds',
            value: kept,
            expected: `${lost.join(', ')} too, where endpoints may be connected to the deployed \`privateLink\``,
          };
    },
  },
  {
    setting: 'ingress',
    safe: 'One step of a switch in each deployment; `tasks`; `console`; another `certificateSecretName`.',
    refused:
      'From `application` to `network` without `switching`, back without it, or past a step: resolvers and clients know the old ' +
      'address for a while, and their callbacks would get 404 or no connection.',
    alternative:
      "Deploy with `switching: { dns: 'load-balancer' }`, then with `switching: { dns: 'door' }`, and then without `switching`; backwards " +
      'in the opposite order. Run `npm run record -- NAME` after each. docs/operate/network-door.md has the steps.',
    problem: ({ ingress: then = 'application' }, environment) => {
      const now = ingressStepOf(environment);
      return isSafeStep(then, now)
        ? undefined
        : { at: 'ingress', value: STEPS[now], expected: `a way in one step from ${STEPS[then]}, which is deployed` };
    },
  },
  {
    setting: 'signingKeys',
    safe: 'New keys; another `use`; taking out a key that was deployed as `retired`.',
    refused:
      'Taking out a key in another use: State exports it and the gateway still imports it. Another `algorithm` of a key: KMS ' +
      'refuses it.',
    alternative:
      'Deploy the key as `retired` first, run `npm run record -- NAME`, and take it out in the next deployment. For another ' +
      'algorithm, add a key with a new id.',
    problem: (then, { signingKeys }) => {
      for (const [id, { algorithm, use }] of Object.entries(then.signingKeys)) {
        const now = signingKeys[id];
        const at = `signingKeys.${id}`;
        if (now === undefined) {
          if (use !== 'retired') return { at, value: now, expected: `the key, which is deployed as \`${use}\`` };
        } else if (now.algorithm !== algorithm) {
          return { at: `${at}.algorithm`, value: now.algorithm, expected: `${algorithm}, which the key has in KMS` };
        }
      }
      return undefined;
    },
  },
  {
    setting: 'signing',
    safe: '`rotating` after a deployment with `kms`; `kms` with a key that is deployed in `signingKeys`; `every` and `algorithm`.',
    refused:
      '`rotating` after a version without the setting: its receivers would refuse new callback URLs during the deployment. `kms` ' +
      'with a key that is not deployed in `signingKeys`: receivers would not know it.',
    alternative:
      "Deploy once with `signing: { kind: 'kms' }` and run `npm run record -- NAME`. Towards `kms`, deploy the key as `next` first. " +
      'docs/operate/key-rotation.md has the steps.',
    problem: (then, { signing, signingKeys }) => {
      if (signing.kind === 'rotating') {
        return then.signing === undefined
          ? { at: 'signing.kind', value: signing.kind, expected: '"kms" for one deployment of this version' }
          : undefined;
      }
      const [current = ''] = Object.keys(signingKeys).filter((id) => signingKeys[id]?.use === 'current');
      const deployed = then.signingKeys[current]?.use;
      const isKnown = deployed !== undefined && deployed !== 'retired';
      return then.signing === 'rotating' && !isKnown
        ? {
            at: `signingKeys.${current}`,
            value: deployed ?? 'not deployed',
            expected: 'a key that is deployed as `next`, `current` or `previous`, which receivers know',
          }
        : undefined;
    },
  },
  {
    setting: 'applications.ID',
    safe: 'A new id; removing an application whose tasks have all ended and are needed by nobody.',
    refused:
      'Nothing is refused. But a task belongs to the id of its application: under another id, or without the application, no ' +
      'application can see its tasks.',
    alternative:
      'Add the new id beside the old one, open new tasks with it, and remove the old id when its tasks have ended.',
    // The id of an application may be removed on purpose.
    problem: () => undefined,
  },
  {
    setting: 'applications.ID.resumes',
    safe:
      'Other workflows, also the first ones; empty lists, when no task waits; taking out the last `resumes` after a deployment with ' +
      'empty lists only.',
    refused:
      'Taking out every `resumes` at once: State exports the key of the tokens of workflows and the gateway still imports it.',
    alternative:
      'Wait until no pending task resumes a workflow, write `resumes: []` and deploy, run `npm run record -- NAME`, and take it out in ' +
      'the next deployment.',
    problem: (then, { applications }) =>
      then.resumes === true && !hasWorkflowTokenKey({ applications })
        ? {
            at: 'applications',
            value: 'without `resumes`',
            expected: 'an application with `resumes`, which is deployed',
          }
        : undefined,
  },
  {
    setting: 'cognito',
    safe: 'Adding it; `threatProtection`; `identityProvider` and `consoleClient` beside it; removing it after a deployment with these.',
    refused:
      'Removing it while the gateway uses the user pool: State exports the ids of the pool and the gateway still imports them. Another ' +
      '`domainPrefix`: a pool has one, and CloudFormation makes the new one before it removes the old one.',
    alternative:
      'Write `identityProvider` and `consoleClient` beside `cognito` and deploy, run `npm run record -- NAME`, and remove `cognito` in the ' +
      'next deployment. Its users are not moved.',
    problem: (then, { cognito }) => {
      const deployed = then.cognito ?? undefined;
      if (deployed === undefined) return undefined;
      if (cognito === undefined) {
        return deployed.isUsed
          ? { at: 'cognito', value: cognito, expected: '`cognito`, whose user pool the deployed gateway uses' }
          : undefined;
      }
      return differs('cognito.domainPrefix', cognito.domainPrefix, deployed.domainPrefix);
    },
  },
  {
    setting: 'indexShards',
    safe: 'Raising it, with `deploymentPace` `all-at-once`.',
    refused: 'Lowering it: tasks in the partitions that are no longer read are neither listed nor expired.',
    alternative:
      'Leave it as it is: each extra partition costs half a read unit for each list. For less, make a second environment.',
    problem: (then, { deploymentPace, indexShards }) => {
      if (indexShards < then.indexShards) {
        return { at: 'indexShards', value: indexShards, expected: `at least ${then.indexShards}, which are deployed` };
      }
      return indexShards > then.indexShards && deploymentPace !== 'all-at-once'
        ? {
            at: 'deploymentPace',
            value: deploymentPace,
            expected: `"all-at-once" for the deployment that raises \`indexShards\` from ${then.indexShards} to ${indexShards}`,
          }
        : undefined;
    },
  },
];

const differs = (at: string, value: string, deployed: string) =>
  value === deployed ? undefined : { at, value, expected: `"${deployed}", which is deployed` };

/** Changes of an environment that its deployment does not allow. */
export const refusedChanges = (then: DeployedSettings, now: Environment): readonly ConfigError[] =>
  FIXED_SETTINGS.flatMap(({ problem, alternative }) => {
    const found = problem(then, now);
    return found === undefined ? [] : [{ ...found, remedy: alternative.replace('NAME', now.name) }];
  });

/** The table of `docs/operate/deploying.md`. */
export const fixedSettingsTable = (): string =>
  [
    '| setting | safe | refused, and why | alternative |',
    '|---|---|---|---|',
    ...FIXED_SETTINGS.map(
      ({ refused, safe, setting, alternative }) => `| \`${setting}\` | ${safe} | ${refused} | ${alternative} |`,
    ),
  ].join('\n');
