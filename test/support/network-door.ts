/** Settings of an environment on AWS whose callbacks come through the network door. */
export const NETWORK_DOOR = {
  certificateArn: undefined,
  ingress: { kind: 'network', certificateSecretName: 'postern/test/door' },
} as const;

/** A switch: the load balancer and the network door serve the gateway, so that it has every alarm of both. */
export const BOTH_DOORS = {
  ingress: { ...NETWORK_DOOR.ingress, switching: { dns: 'door' } },
} as const;
