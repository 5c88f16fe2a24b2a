import { type Element, readElements, readNumber } from './ber.ts'

export interface SearchRequest {
  readonly kind: 'search'
  readonly id: number
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  readonly filter: Element
  readonly attributes: readonly string[]
  /** Of the paged results control (RFC 2696), or null. */
  readonly paging: { readonly size: number; readonly cookie: Buffer } | null
}

/** What a client wants, as far as this server tells it apart. */
export type DirectoryRequest =
  | { readonly kind: 'bind'; readonly id: number; readonly dn: string; readonly password: string | null }
  | { readonly kind: 'unbind'; readonly id: number }
  | { readonly kind: 'extended'; readonly id: number; readonly oid: string }
  | { readonly kind: 'other'; readonly id: number; readonly tag: number }
  | SearchRequest

const pagedResults = '1.2.840.113556.1.4.319'
const scopes = ['base', 'one', 'sub'] as const

/** Decodes one message. Throws RangeError where it is none. */
export function decodeRequest(message: Buffer): DirectoryRequest {
  const [envelope] = readElements(message)
  const [idElement, operation, controls] = readElements(envelope?.content ?? Buffer.alloc(0))
  const id = readNumber(idElement)
  if (!operation) throw new RangeError('an operation is missing')
  switch (operation.tag) {
    case 0x60:
      return decodeBind(id, operation)
    case 0x42:
      return { kind: 'unbind', id }
    case 0x63:
      return decodeSearch(id, operation, controls)
    case 0x77: {
      const [oid] = readElements(operation.content)
      return { kind: 'extended', id, oid: oid?.content.toString('utf8') ?? '' }
    }
    default:
      return { kind: 'other', id, tag: operation.tag }
  }
}

function decodeBind(id: number, operation: Element): DirectoryRequest {
  const [, dn, authentication] = readElements(operation.content)
  const simple = authentication?.tag === 0x80
  return {
    kind: 'bind',
    id,
    dn: dn?.content.toString('utf8') ?? '',
    password: simple ? authentication.content.toString('utf8') : null,
  }
}

function decodeSearch(id: number, operation: Element, controls: Element | undefined): SearchRequest {
  const [base, scope, , , , , filter, attributes] = readElements(operation.content)
  if (!base || !filter || !attributes) throw new RangeError('a search lacks its parts')
  return {
    kind: 'search',
    id,
    base: base.content.toString('utf8'),
    scope: scopes[readNumber(scope)] ?? 'sub',
    filter,
    attributes: readElements(attributes.content).map(({ content }) => content.toString('utf8')),
    paging: controls ? decodePaging(controls) : null,
  }
}

function decodePaging(controls: Element): SearchRequest['paging'] {
  for (const control of readElements(controls.content)) {
    const [oid, ...rest] = readElements(control.content)
    if (oid?.content.toString('utf8') !== pagedResults) continue
    const [sequence] = readElements(rest[rest.length - 1]?.content ?? Buffer.alloc(0))
    const [size, cookie] = readElements(sequence?.content ?? Buffer.alloc(0))
    return { size: readNumber(size), cookie: Buffer.from(cookie?.content ?? Buffer.alloc(0)) }
  }
  return null
}
