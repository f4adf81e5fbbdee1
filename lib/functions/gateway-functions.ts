import type { GatewayFunction, ResumingFunction } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from './postern-function.ts';

/** A value for each function of a gateway. Those that resume workflows exist only if an application may resume one. */
export type ByFunction<T> = Readonly<Record<GatewayFunction, T>> & Readonly<Partial<Record<ResumingFunction, T>>>;

/** The functions of a gateway. */
export type GatewayFunctions = { readonly [F in GatewayFunction]: PosternFunction<F> } & {
  readonly [F in ResumingFunction]?: PosternFunction<F>;
};
