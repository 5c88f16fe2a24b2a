/** Types of sources that can be asked for what changed alone; the others are read wholly. */
export const typesWithChanges: ReadonlySet<string> = new Set(['scim-pull'])
