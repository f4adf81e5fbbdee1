import { ROUTES } from '../../contract/routes.ts';
import { type Handler, type HandlerOutcome, type ServeOptions, serveRoutes } from './serve-routes.ts';

export type { HandlerOutcome, HandlerResult, ServeOptions } from './serve-routes.ts';

/** `serveRoutes` with every route of the gateway. */
export const serve = <E extends HandlerOutcome = HandlerOutcome>(options: ServeOptions<E>): Handler =>
  serveRoutes(ROUTES, options);
