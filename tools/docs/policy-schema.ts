import { policySchemaJson } from '../../lambda/contract/policy-json-schema.ts';
import { formatted } from './formatted.ts';
import type { GeneratedPage } from './page.ts';

const PATH = 'docs/reference/policy-schema.json';

/** The schema of Rego's `input`, for `opa check --strict --schema`. */
export const POLICY_SCHEMA_PAGE: GeneratedPage = {
  path: PATH,
  render: () => formatted(PATH, JSON.stringify(policySchemaJson(), null, 2)),
};
