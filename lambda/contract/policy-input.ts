import { type ActionForm, type EntityType, type Members, POLICY_ACTIONS, POLICY_ENTITIES } from './policy-questions.ts';

const FORMS: readonly ActionForm[] = POLICY_ACTIONS;

export const POLICY_ACTION_NAMES: readonly string[] = FORMS.flatMap(({ actions }) => actions);

const attributesOf = (types: readonly EntityType[]): Members =>
  Object.assign({}, ...types.map((type) => POLICY_ENTITIES[type].attributes)) as Members;

const typesOf = (side: 'principals' | 'resources'): readonly EntityType[] => [
  ...new Set(FORMS.flatMap((form) => form[side])),
];

/** Types of principals and of resources, and the members that a question of any action can have. */
export const PRINCIPAL_TYPES = typesOf('principals');
export const RESOURCE_TYPES = typesOf('resources');
export const PRINCIPAL_ATTRIBUTES = attributesOf(PRINCIPAL_TYPES);
export const RESOURCE_ATTRIBUTES = attributesOf(RESOURCE_TYPES);
export const CONTEXT_MEMBERS = Object.assign({}, ...FORMS.map(({ context }) => context)) as Members;
