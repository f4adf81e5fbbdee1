import { type Environment, Stack, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** True if both account and Region are known at synth, and are the same. */
const isSame = (a: Environment, b: Environment): boolean =>
  [a, b].every(({ account, region }) => !Token.isUnresolved(account) && !Token.isUnresolved(region)) &&
  a.account === b.account &&
  a.region === b.region;

/** `account 111111111111 and Region eu-west-1`, or that one of them is not known. */
const show = ({ account, region }: Environment): string =>
  [
    Token.isUnresolved(account) ? 'no account of its own' : `account ${account}`,
    Token.isUnresolved(region) ? 'no Region of its own' : `Region ${region}`,
  ].join(' and ');

/**
 * Checks that a construct is in a stack that can refer to the stack of the gateway.
 * @param reason why it must be there, as the end of a sentence
 * @param elsewhere what to do in another account or Region
 * @throws {Error} if it is in another account, Region or stage, or if its stack has no `env`
 */
export const expectSamePlace = (gateway: Stack, construct: IConstruct, reason: string, elsewhere: string): void => {
  const stack = Stack.of(construct);
  if (!isSame(stack, gateway)) {
    const { account, region } = gateway;
    throw new Error(
      `${construct.node.path} is in the stack ${stack.stackName} with ${show(stack)}; expected ${show(gateway)}, because ${reason}. ` +
        `Give the stack env: { account: '${account}', region: '${region}' }. ${elsewhere}`,
    );
  }
  if (Stage.of(stack) !== Stage.of(gateway)) {
    throw new Error(
      `${construct.node.path} is in another stage than ${gateway.node.path}; expected the same app or stage, because ${reason}. ` +
        'Make the stack and Postern in one stage.',
    );
  }
};
