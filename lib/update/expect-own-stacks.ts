import type { CloudFormationTemplate, EnvironmentTemplates } from './record.ts';

/** A deployed stack is not the one that the environment says it is. */
export class OtherStack extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OtherStack';
  }
}

const KINDS = ['state', 'gateway'] as const;
type Kind = (typeof KINDS)[number];

const idsOf = ({ Resources = {} }: CloudFormationTemplate): readonly string[] => Object.keys(Resources);

/** Logical ids that one stack has and the other does not: both have the metadata of the CDK, for example. */
const ownIds = (templates: EnvironmentTemplates, kind: Kind): ReadonlySet<string> => {
  const others = new Set(idsOf(templates[kind === 'state' ? 'gateway' : 'state']));
  return new Set(idsOf(templates[kind]).filter((id) => !others.has(id)));
};

/**
 * Checks that the deployed stacks are those of the environment. With a wrong name of a stack, a deployment would delete all of its
 * resources. The logical ids of State never change, and Gateway never loses all of its own at once.
 * @param names of the stacks, or of the files with their templates
 * @throws {OtherStack} if a deployed stack has resources, and none of them has an id of the environment's stack
 */
export const expectOwnStacks = (
  deployed: EnvironmentTemplates,
  templates: EnvironmentTemplates,
  names: Readonly<Record<Kind, string>>,
): void => {
  for (const kind of KINDS) {
    const found = idsOf(deployed[kind]);
    const has = (of: Kind): boolean => found.some((id) => ownIds(templates, of).has(id));
    if (found.length === 0 || has(kind)) continue;
    const what = has(kind === 'state' ? 'gateway' : 'state')
      ? `the resources of the ${kind === 'state' ? 'gateway' : 'state'}`
      : `${found.length} resources and none of the ${kind}, for example ${found[0]}`;
    throw new OtherStack(
      `The deployed stack ${names[kind]} has ${what}; expected the stack with ${CONTENTS[kind]}. A deployment would delete what it has. ` +
        'Correct `stackNames` of the environment, or the files of --against.',
    );
  }
};

const CONTENTS: Readonly<Record<Kind, string>> = {
  state: 'tables, payloads and keys',
  gateway: 'load balancer, functions and events',
};
