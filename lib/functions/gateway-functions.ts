import type { DispatchingFunction, GatewayFunction, ResumingFunction } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from './postern-function.ts';

/** Functions that exist only if an application may resume workflows, or if the environment sends work to processors. */
export type OptionalFunction = ResumingFunction | DispatchingFunction;

/** A value for each function of a gateway. */
export type ByFunction<T> = Readonly<Record<GatewayFunction, T>> & Readonly<Partial<Record<OptionalFunction, T>>>;

/** The functions of a gateway. */
export type GatewayFunctions = { readonly [F in GatewayFunction]: PosternFunction<F> } & {
  readonly [F in OptionalFunction]?: PosternFunction<F>;
};
