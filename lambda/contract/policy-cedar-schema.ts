import {
  type ActionForm,
  type EntityForm,
  type Members,
  type MemberType,
  POLICY_ACTIONS,
  POLICY_ENTITIES,
} from './policy-questions.ts';

const TYPES: Readonly<Record<MemberType, string>> = {
  string: 'String',
  integer: 'Long',
  boolean: 'Bool',
  address: 'ipaddr',
  strings: 'Set<String>',
};

const renderMembers = (members: Members): string =>
  Object.entries(members)
    .map(([name, { isOptional, type }]) => `"${name}"${isOptional ? '?' : ''}: ${TYPES[type]}`)
    .join(', ');

const renderEntity = ([name, { attributes, hasApplication }]: readonly [string, EntityForm]): string => {
  const members = renderMembers(attributes);
  return `entity ${name}${hasApplication ? ' in [Application]' : ''}${members && ` = { ${members} }`};`;
};

const renderAction = ({ actions, context, principals, resources }: ActionForm): string => {
  const members = renderMembers(context);
  return `action ${actions.map((name) => `"${name}"`).join(', ')} appliesTo {
  principal: [${principals.join(', ')}],
  resource: [${resources.join(', ')}],${members && `\n  context: { ${members} },`}
};`;
};

/** The schema of policies in Cedar (https://docs.cedarpolicy.com/schema/human-readable-schema.html). */
export const POLICY_SCHEMA: string = [
  ...Object.entries<EntityForm>(POLICY_ENTITIES).map(renderEntity),
  ...POLICY_ACTIONS.map(renderAction),
  '',
].join('\n');
