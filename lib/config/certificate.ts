import { arn } from './kinds.ts';

/** A certificate of ACM. */
export const certificate = arn(
  'acm',
  'arn:aws:acm:REGION:ACCOUNT:certificate/ID',
  '`aws acm list-certificates` lists the certificates of the region.',
);
