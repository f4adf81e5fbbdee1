import { API_ROUTES } from '../../contract/api-routes.ts';
import { type Handler, type HandlerOutcome, type ServeOptions, serveRoutes } from './serve-routes.ts';

export type { HandlerOutcome, HandlerResult, ServeOptions } from './serve-routes.ts';

/** `serveRoutes` with the routes of the API. A function with other pages needs `servePages`. */
export const serve = <E extends HandlerOutcome = HandlerOutcome>(options: ServeOptions<E>): Handler =>
  serveRoutes(API_ROUTES, options);
