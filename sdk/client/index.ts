export { Postern } from './postern.ts';
