import { ROUTES } from '../../contract/routes.ts';
import { type Handler, type HandlerOutcome, type ServeOptions, serveRoutes } from './serve-routes.ts';

/** `serveRoutes` with every route of the gateway: for functions that show pages. */
export const servePages = <E extends HandlerOutcome = HandlerOutcome>(options: ServeOptions<E>): Handler =>
  serveRoutes(ROUTES, options);
