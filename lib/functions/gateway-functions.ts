import type { DispatchingFunction, GatewayFunction, ResumingFunction } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from './postern-function.ts';

/**
 * Functions that exist only if an application may resume workflows, if the environment sends work to processors, or if it has a
 * console.
 */
export type OptionalFunction = ResumingFunction | DispatchingFunction | 'console';

type RequiredFunction = Exclude<GatewayFunction, OptionalFunction>;

/** A value for each function of a gateway. */
export type ByFunction<T> = Readonly<Record<RequiredFunction, T>> & Readonly<Partial<Record<OptionalFunction, T>>>;

/** The functions of a gateway. */
export type GatewayFunctions = { readonly [F in RequiredFunction]: PosternFunction<F> } & {
  readonly [F in OptionalFunction]?: PosternFunction<F>;
};
