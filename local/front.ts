import type { Ingress } from './ingress.ts';
import { bindGateway, type GatewayServer } from './load-balancer/gateway-server.ts';
import { bindNetworkLoadBalancer, type NetworkLoadBalancer } from './network-load-balancer/network-load-balancer.ts';
import { bound } from './starting.ts';

export interface FrontOptions {
  /** @default `application` */
  readonly ingress?: Ingress;
  /** 0 picks a free one, here and below. */
  readonly gatewayPort: number;
  /** Port of the console with the ingress `network`. @default a free one */
  readonly consolePort?: number;
}

/** What listens at the ports of the gateway and of the console, before anything else is known. */
export interface Front {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly port: number;
  /** The gateway's, unless a network load balancer stands before the network door. */
  readonly consoleOrigin: string;
  readonly consolePort: number;
  /** Serves the console; without a network load balancer, everything. */
  readonly application: GatewayServer;
  readonly network?: NetworkLoadBalancer;
}

/** @param stops gets what ends each listener */
export const bindFront = async (
  { consolePort = 0, gatewayPort, ingress = 'application' }: FrontOptions,
  stops: (() => unknown)[],
): Promise<Front> => {
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    stops.push(server.stop);
    return server;
  };
  if (ingress === 'application') {
    const application = keep(await bound('gateway', 'POSTERN_PORT', gatewayPort, bindGateway));
    return frontOf(application.port, application);
  }
  const network = keep(await bound('gateway', 'POSTERN_PORT', gatewayPort, (port) => bindNetworkLoadBalancer(port)));
  const application = keep(await bound('console', 'POSTERN_CONSOLE_PORT', consolePort, bindGateway));
  return { ...frontOf(network.port, application), network };
};

const frontOf = (port: number, application: GatewayServer): Front => ({
  port,
  origin: originAt(port),
  consolePort: application.port,
  consoleOrigin: originAt(application.port),
  application,
});

const originAt = (port: number): string => `http://127.0.0.1:${port}`;
