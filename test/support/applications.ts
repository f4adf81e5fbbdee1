import { type Application, type Applications, DEFAULT_APPLICATION } from '../../lambda/contract/applications.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import { REGISTRY } from './registry.ts';

/** An application with every client and every processor of `registry.ts`; say what is different. */
export const anApplication = (overrides: Partial<Application> = {}): Application => ({
  id: DEFAULT_APPLICATION,
  clients: null,
  processors: Object.keys(REGISTRY),
  pendingLimit: null,
  ...overrides,
});

export const applicationsOf = (...applications: readonly Application[]): Applications =>
  Object.fromEntries(applications.map((application) => [application.id, application]));

/** The application of an environment that names none. */
export const onlyDefault = (registry: Registry = REGISTRY): Applications =>
  applicationsOf(anApplication({ processors: Object.keys(registry) }));
