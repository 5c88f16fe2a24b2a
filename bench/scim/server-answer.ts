/** Where a server of the bench listens, and the token that it lets in. */
export interface ServerAnswer {
  readonly url: string
  readonly token: string
}
