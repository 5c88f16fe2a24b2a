/** Who acts. `id` is opaque: a policy set's digest, an operator's login, a client's name, a component. */
export interface Actor {
  readonly kind: 'policy' | 'self' | 'admin' | 'client' | 'system'
  readonly id: string
}
