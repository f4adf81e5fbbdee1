import { ALARM_TYPES } from './alarm-types.ts';
import { API_PAGES } from './api.ts';
import { API_REPORT } from './api-report.ts';
import { ATTACK_DRILL } from './attack-drill.ts';
import { CALLBACK_CHECKS } from './callback-checks.ts';
import { CLI } from './cli.ts';
import { CONFIGURATION } from './configuration.ts';
import { ERRORS } from './errors.ts';
import { EVENT_PAGES } from './events.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { NIST } from './nist.ts';
import type { GeneratedPage } from './page.ts';
import { POLICY_SCHEMA_PAGE } from './policy-schema.ts';
import { REQUIREMENTS_PAGE } from './requirements.ts';
import { RESOURCES } from './resources.ts';
import { SETTINGS_TYPES } from './settings-types.ts';
import { WAF_DIRECTIVES } from './waf-directives.ts';

/** Every file that `npm run docs` writes. A new page is one entry here. */
export const PAGES: readonly GeneratedPage[] = [
  ALARM_TYPES,
  ...API_PAGES,
  ATTACK_DRILL,
  CALLBACK_CHECKS,
  CLI,
  CONFIGURATION,
  ERRORS,
  ...EVENT_PAGES,
  EXCEPTIONS,
  NIST,
  POLICY_SCHEMA_PAGE,
  REQUIREMENTS_PAGE,
  RESOURCES,
  SETTINGS_TYPES,
  WAF_DIRECTIVES,
  // It has the declarations of files that other generators write.
  API_REPORT,
];
