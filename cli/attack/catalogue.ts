import type { Attack, AttackGroup } from './attack.ts';
import { CLAIMS } from './catalogue/claims.ts';
import { HTTP } from './catalogue/http.ts';
import { PRESENTATION } from './catalogue/presentation.ts';
import { PROOF } from './catalogue/proof.ts';
import { TOKEN_FORM } from './catalogue/token-form.ts';
import { USE } from './catalogue/use.ts';

/** Every attack of the drill, in the order in which they run. */
export const ATTACK_GROUPS: readonly AttackGroup[] = [PRESENTATION, TOKEN_FORM, CLAIMS, USE, PROOF, HTTP];

export const ATTACKS: readonly Attack[] = ATTACK_GROUPS.flatMap(({ attacks }) => attacks);
