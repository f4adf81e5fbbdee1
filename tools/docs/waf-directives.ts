import { wafDirectives } from '../../lib/edge/door/waf-directives.ts';
import type { GeneratedPage } from './page.ts';

/** Directives of the network door's firewall. The tests in Go load this file, and so need no Node. */
export const WAF_DIRECTIVES: GeneratedPage = {
  path: 'door/internal/waf/testdata/directives.conf',
  render: () => wafDirectives(),
};
