/** Client of a gateway for one sending application. */
export class Postern {}
