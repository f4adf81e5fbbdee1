import { API_ROUTES } from './api-routes.ts';
import { PAGE_ROUTES } from './page-routes.ts';

export { OPERATOR_BASE_PATH } from './api-routes.ts';
export type { Access, FrontFunction, Method, Route } from './route.ts';
export { CONSOLE_BASE_PATH, FRONT_FUNCTIONS } from './route.ts';

/**
 * Every route of the gateway. Listener rules, routers and `Allow` are made from this table. The first route that matches a path
 * decides, and the path of `problem` matches the public style sheet and the icon too.
 */
export const ROUTES = { ...PAGE_ROUTES, ...API_ROUTES } as const;

export type RouteName = keyof typeof ROUTES;

/** Routes of the API description: all except those of pages and forms. */
export type ApiRouteName = keyof typeof API_ROUTES;

export const isApiRoute = (name: RouteName): name is ApiRouteName => Object.hasOwn(API_ROUTES, name);
