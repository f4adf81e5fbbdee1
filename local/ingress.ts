/** What stands before the functions. */
export type Ingress = (typeof INGRESSES)[number];

const INGRESSES = ['application', 'network'] as const;

/**
 * The value of `POSTERN_INGRESS`. Without it a load balancer stands before the functions, which needs nothing but Node.
 * @throws {Error} if the value is unknown
 */
export const readIngress = (environment: Readonly<Record<string, string | undefined>>): Ingress => {
  const value = environment.POSTERN_INGRESS;
  if (!value) return 'application';
  const ingress = INGRESSES.find((name) => name === value);
  if (ingress !== undefined) return ingress;
  throw new Error(`POSTERN_INGRESS is "${value}"; expected ${INGRESSES.join(' or ')}.`);
};
